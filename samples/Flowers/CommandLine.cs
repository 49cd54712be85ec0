using System.CommandLine;
using System.CommandLine.Invocation;
using TransferKit;

namespace Flowers;

/// <summary>The options of the sample.</summary>
internal static class CommandLine
{
    private static readonly Option<DirectoryInfo?> Data = new("--data")
    { Description = "A folder with one folder of pictures a class. Default: flowers that the sample draws itself." };
    private static readonly Option<string?> Model = new("--model")
    { Description = "Any name that Backbone.Create knows. Default: resnet50; resnet20 for packaged weights and drawn flowers." };
    private static readonly Option<string?> Weights = new("--weights")
    {
        Description = "default, packaged, none, a file, or a name such as IMAGENET1K_V2. Default: default; "
            + "packaged for drawn flowers.",
    };
    private static readonly Option<string?> Unfreeze = new("--unfreeze")
    {
        Description = "What trains besides the head: names and commas, or all. Default: the last stage; without weights, all.",
    };
    private static readonly Option<double?> TrainFraction = new("--train-fraction")
    { Description = $"The share of pictures to train on. Default: 0.7; {DrawnJob.TrainFraction} for drawn flowers." };
    private static readonly Option<int> Seed = new("--seed")
    { Description = "Decides split, order, augmentation and new weights.", DefaultValueFactory = _ => 0 };
    private static readonly Option<int?> Epochs = new("--epochs")
    { Description = $"Passes over the training pictures. Default: 5; {DrawnJob.Epochs} for drawn flowers." };
    private static readonly Option<int?> BatchSize = new("--batch-size")
    { Description = $"Pictures a step. Default: 32; {DrawnJob.BatchSize} for drawn flowers." };
    private static readonly Option<double?> LearningRate = new("--lr")
    { Description = $"The learning rate. Default: 0.001; {DrawnJob.LearningRate} for drawn flowers." };
    private static readonly Option<double> Momentum = new("--momentum")
    { Description = "SGD's momentum.", DefaultValueFactory = _ => 0.9 };
    private static readonly Option<bool> NoAugment = new("--no-augment")
    { Description = "Train on the plain pictures." };
    private static readonly Option<bool> FineTune = new("--fine-tune")
    { Description = "As fastai does: the head for an epoch, then everything for --epochs; --lr (here 0.002) is the head's." };
    private static readonly Option<DirectoryInfo?> Checkpoints = new("--checkpoints")
    { Description = "Save the run into this folder after every epoch and on Ctrl-C; the same command goes on from there." };
    private static readonly Option<string> Device = new("--device")
    { Description = "auto, cpu, cuda:0 or mps.", DefaultValueFactory = _ => "auto" };
    private static readonly Option<int?> Threads = new("--threads")
    { Description = "Threads that libtorch computes with. Default: all cores." };
    private static readonly Option<string> Save = new("--save")
    { Description = "Where the model goes.", DefaultValueFactory = _ => "flowers.tkm" };
    private static readonly Option<string?> Json = new("--json")
    { Description = "Write accuracies, times and memory to this file." };
    private static readonly Option<string?> HtmlReport = new("--report")
    { Description = "Write a page for people to this file: curves, confusion, hardest pictures with heat maps." };
    private static readonly Option<bool> Quiet = new("--quiet")
    { Description = "Print the result alone." };

    public static RootCommand Create()
    {
        var root = new RootCommand("Trains an image classifier on a folder of pictures, and tries it.")
        {
            Data, Model, Weights, Unfreeze, TrainFraction, Seed, Epochs, BatchSize, LearningRate, Momentum,
            NoAugment, FineTune, Checkpoints, Device, Threads, Save, Json, HtmlReport, Quiet, Predict(),
        };
        root.Options.OfType<VersionOption>().Single().Action = new Version();
        root.SetAction(parsed => TrainCommand.Run(Job(parsed)));
        return root;
    }

    private static Command Predict()
    {
        var model = new Argument<string>("model") { Description = "A saved model: flowers.tkm." };
        var files = new Argument<string[]>("files") { Description = "Pictures.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("predict", "Names what pictures show.") { model, files };
        command.SetAction(parsed => PredictCommand.Run(parsed.GetRequiredValue(model), parsed.GetRequiredValue(files)));
        return command;
    }

    private static TrainingJob Job(ParseResult parsed)
    {
        var drawn = parsed.GetValue(Data) is null;
        var weights = parsed.GetValue(Weights)
            ?? (!drawn ? "default" : parsed.GetValue(Model) is null ? "packaged" : "none");
        return new TrainingJob
        {
            Data = parsed.GetValue(Data)?.FullName,
            Model = parsed.GetValue(Model) ?? (drawn || weights == "packaged" ? "resnet20" : "resnet50"),
            Weights = weights,
            Unfreeze = parsed.GetValue(Unfreeze)?.Split(',',
                StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            TrainFraction = parsed.GetValue(TrainFraction) ?? (drawn ? DrawnJob.TrainFraction : 0.7),
            Device = ComputeDevice.Parse(parsed.GetValue(Device)!),
            Threads = parsed.GetValue(Threads),
            Save = parsed.GetValue(Save)!,
            Json = parsed.GetValue(Json),
            Report = parsed.GetValue(HtmlReport),
            Quiet = parsed.GetValue(Quiet),
            Training = new TrainingOptions
            {
                Epochs = parsed.GetValue(Epochs) ?? (drawn ? DrawnJob.Epochs : 5),
                BatchSize = parsed.GetValue(BatchSize) ?? (drawn ? DrawnJob.BatchSize : 32),
                Optimizer = Optimizer.Sgd(
                    parsed.GetValue(LearningRate) ?? (drawn ? DrawnJob.LearningRate : 0.001), parsed.GetValue(Momentum)),
                Strategy = !parsed.GetValue(FineTune) ? TrainingStrategy.SinglePhase
                    : parsed.GetValue(LearningRate) is { } rate ? TrainingStrategy.FineTune(rate)
                    : TrainingStrategy.FineTune(),
                Checkpoints = parsed.GetValue(Checkpoints) is { } folder ? new CheckpointOptions(folder.FullName) : null,
                Augment = !parsed.GetValue(NoAugment),
                Seed = parsed.GetValue(Seed),
            },
        };
    }

    private sealed class Version : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            Console.WriteLine(TorchRuntime.Diagnose());
            return 0;
        }
    }
}
