using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace TransferKit.Fuzz;

/// <summary>A small training run in a process of its own, which saves itself after every step.</summary>
internal static class ResumableRun
{
    /// <summary>The argument by which the program is such a run.</summary>
    public const string Command = "train";

    /// <summary>The folder of checkpoints within the run's.</summary>
    public const string Checkpoints = "checkpoints";

    private const string Weights = "weights.safetensors", History = "history.txt";

    /// <summary>
    /// What dotnet is told before the program's path: a program that brings other versions of the libraries says here where they
    /// are.
    /// </summary>
    public static IReadOnlyList<string> HostArguments { get; set; } = [];

    /// <summary>Starts a run in a folder, or goes on with the one that was started there.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="fileLimit">The largest file that the process may write, in KiB, as if the disk were full; null: any.</param>
    public static Process Start(string folder, int? fileLimit = null)
    {
        string[] run = ["dotnet", .. HostArguments, typeof(ResumableRun).Assembly.Location, Command, folder];
        // A process that writes too much gets a signal, unless that is ignored: then an error, as on a full disk.
        string[] line = fileLimit is { } kib
            ? ["bash", "-c", $"trap '' XFSZ; ulimit -f {kib}; exec \"$@\"", "bash", .. run]
            : run;
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // The runtime's own large files in memory would be over the limit too.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["OMP_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }

    /// <summary>Trains in this process.</summary>
    public static void Train(string folder)
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(1);
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(7, torch.CPU);
        var labels = Enumerable.Range(0, 40).Select(i => i % 2).ToArray();
        var images = torch.randn([labels.Length, 3, 32, 32], generator: generator);
        var data = new InMemoryDataset(images, labels, ["even", "odd"]);
        // Dropout, batch norms in training, moments and an average: all that has a state.
        using var run = Backbone.MobileNetV3Small().ReplaceHead(2).FreezeAll().UnfreezeLast(4).Train(data, new TrainingOptions
        {
            Epochs = 3,
            BatchSize = 8,
            Optimizer = Optimizer.AdamW(1e-3),
            Schedule = Schedule.OneCycle(),
            Average = WeightAverage.Ema(0.9),
            Checkpoints = new CheckpointOptions(Path.Join(folder, Checkpoints)) { EverySteps = 1 },
        });
        run.Model.ExportSafeTensors(Path.Join(folder, Weights));
        // Times are another's every time.
        File.WriteAllLines(Path.Join(folder, History), run.History.Select(epoch => string.Join(' ', new[]
        {
            epoch.Epoch, epoch.TrainLoss, epoch.TrainAccuracy, epoch.ValidationLoss, epoch.ValidationAccuracy, epoch.LearningRate,
        }.Select(number => number.ToString(CultureInfo.InvariantCulture)))));
    }

    /// <summary>Weights and history of a run that is done, byte for byte.</summary>
    public static byte[] Read(string folder) =>
        [.. File.ReadAllBytes(Path.Join(folder, Weights)), .. File.ReadAllBytes(Path.Join(folder, History))];
}
