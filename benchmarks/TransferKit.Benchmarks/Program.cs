using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using TransferKit;
using TransferKit.Benchmarks;

switch (args)
{
    case ["loader", var folder, .. var rest]:
        LoaderThroughput.Run(folder, Number(rest, "--workers", Environment.ProcessorCount), Number(rest, "--epochs", 3));
        return 0;
    case ["weights", var model, var file, .. var rest]:
        WeightsLoading.Run(model, file, Number(rest, "--repetitions", 15));
        return 0;
    case ["listing", var folder]:
        Listing.Run(folder);
        return 0;
    case ["shards", var folder, .. var rest]:
        ShardThroughput.Run(
            folder, Number(rest, "--copies", 1), Number(rest, "--rounds", 5),
            Number(rest, "--workers", Environment.ProcessorCount));
        return 0;
    case ["jpeg", var folder, .. var rest]:
        JpegDecoding.Run(folder, Number(rest, "--rounds", 5));
        return 0;
    case ["jpeg-hashes", var folder]:
        JpegDecoding.Hash(folder);
        return 0;
    case ["resampler", .. var rest]:
        ResamplerSpeed.Run(Number(rest, "--repetitions", 200));
        return 0;
    case ["accuracy", var folder, var model, var weights, var unfreeze, .. var rest]:
        AccuracyCost.Run(folder, model, weights, unfreeze, Number(rest, "--seeds", 5), !rest.Contains("--no-augment"));
        return 0;
    case ["profile", .. var job]:
        return TrainingProfile.Run(job);
    case ["profiled", var folder, var model, .. var rest]:
        TrainingProfile.RunRecorded(folder, Answers.PlanOf(model), Text(rest, "--unfreeze")?.Split(',') ?? [], new TrainingOptions
        {
            Epochs = Number(rest, "--epochs", 1), Augment = !rest.Contains("--no-augment"),
            FeatureCache = rest.Contains("--no-cache") ? null : new TrainingOptions().FeatureCache,
        });
        return 0;
    case ["recipes", var folder, var model, var weights, .. var rest]:
        Recipes.Run(folder, model, weights == "packaged" ? Pretrained.Packaged : Pretrained.FromFile(weights),
            Text(rest, "--unfreeze")?.Split(',') ?? [], Text(rest, "--image-size") is { } pixels ? int.Parse(pixels) : null,
            !rest.Contains("--no-augment"), Number(rest, "--seeds", 3), Number(rest, "--samples", 600));
        return 0;
    case ["models", .. var rest]:
        ModelTable.Run([.. rest.TakeWhile(name => !name.StartsWith('-'))], Number(rest, "--repetitions", 5));
        return 0;
    case ["engines", .. var rest]:
        EngineSpeed.Run([.. rest.TakeWhile(name => !name.StartsWith('-'))], Number(rest, "--repetitions", 10));
        return 0;
    case ["compiled", var model, .. var rest]:
        CompiledSpeed.Run(model, Number(rest, "--image-size", 224), Number(rest, "--batch-size", 16),
            Number(rest, "--repetitions", 5));
        return 0;
    case ["recompute", var model, .. var rest]:
        RecomputedSteps.Run(Answers.PlanOf(model), Number(rest, "--batch-size", 32), Number(rest, "--steps", 6),
            recompute: !rest.Contains("--keep"));
        return 0;
    case ["faults", .. var rest]:
        HeapFaults.Run(Number(rest, "--rounds", 3));
        return 0;
    case ["precision", var model, var folder]:
        PredictorPrecision.Run(model, folder);
        return 0;
    case ["int8", "speed", .. var rest]:
        QuantizedModels.Speed(
            Names(rest, "--models") is { Length: > 0 } names ? names : ["resnet50", "mobilenet_v2", "efficientnet_b0", "vit_b_16"],
            [.. (Text(rest, "--batches") ?? "1,16").Split(',').Select(int.Parse)], Number(rest, "--repetitions", 9));
        return 0;
    case ["int8", "accuracy", var folder, .. var rest]:
        QuantizedModels.Accuracy(folder, Plans(rest).Single(), Number(rest, "--seeds", 3), Number(rest, "--epochs", 10));
        return 0;
    case ["deployed", var pictures, var folder, .. var rest]:
        DeployedModels.Write(pictures, folder, Plans(rest).Single());
        return 0;
    case ["label-errors", var folder, var model, var weights, .. var rest]:
        Answers.LabelErrors(folder, Answers.PlanOf(model, weights),
            double.Parse(Text(rest, "--noise") ?? "0.1", CultureInfo.InvariantCulture), Number(rest, "--seeds", 3));
        return 0;
    case ["compare", var folder, .. var models]:
        Answers.Compare(folder, [.. models.Where(name => name.Contains('=')).Select(Answers.PlanOf)], Text(models, "--chart"));
        return 0;
    case ["rank", var folder, .. var rest]:
        Answers.Rank(folder, Plans(rest),
            new TrainingOptions { Epochs = Number(rest, "--epochs", 3), Augment = !rest.Contains("--no-augment") },
            Number(rest, "--samples", 600), Number(rest, "--seeds", 3));
        return 0;
    case ["autotrain", var folder, .. var rest]:
        AutoTrained.Run(folder, Plans(rest), double.Parse(Text(rest, "--minutes") ?? "10", CultureInfo.InvariantCulture),
            double.Parse(Text(rest, "--test") ?? "0.3", CultureInfo.InvariantCulture), Number(rest, "--samples", 900),
            new TrainingOptions { Augment = !rest.Contains("--no-augment") }, Number(rest, "--seed", 0));
        return 0;
    case ["curve", var folder, var model, var weights]:
        Answers.Curve(folder, Answers.PlanOf(model, weights));
        return 0;
    case ["labeling", var folder, var model, .. var rest]:
        ActiveLearning.Run(folder, Answers.PlanOf(model), Number(rest, "--start", 5), Number(rest, "--rounds", 5),
            Number(rest, "--seeds", 10));
        return 0;
    case ["map", var folder, var model, .. var rest]:
        Answers.Map(folder, Answers.PlanOf(model), Text(rest, "--page"), Text(rest, "--features"));
        return 0;
    case ["diagnose"]:
        Console.WriteLine(TorchRuntime.Diagnose());
        return 0;
    case ["steps", .. var rest]:
        BenchmarkDevice.Device = Device(rest);
        StepTable.Run(Names(rest, "--models"), [.. Names(rest, "--batches").Select(int.Parse)], Names(rest, "--kinds"),
            Text(rest, "--tsv"));
        return 0;
    case ["overlap", .. var rest]:
        RankOverlap.Run(Text(rest, "--model") ?? "resnet50", Number(rest, "--batch-size", 16), Number(rest, "--steps", 3),
            Number(rest, "--epochs", 4));
        return 0;
    case ["ranks", .. var rest]:
        RankSpeed.Run(Text(rest, "--model") ?? "resnet18", Number(rest, "--batch-size", 32), Number(rest, "--steps", 4),
            Number(rest, "--threads", 1), Number(rest, "--epochs", 4));
        return 0;
    case ["drift", var folder, .. var rest]:
        RankDrift.Run(folder, Names(rest, "--unfreeze") is { Length: > 0 } layers
                ? Plans(rest).Single().Unfreeze(layers).Freeze(Names(rest, "--freeze")) : Plans(rest).Single().UnfreezeAll(),
            new TrainingOptions
            {
                Epochs = 1, BatchSize = Number(rest, "--batch-size", 16), Seed = Number(rest, "--seed", 3), RestoreBest = false,
                Optimizer = Optimizer.Sgd(double.Parse(Text(rest, "--rate") ?? "0.001", CultureInfo.InvariantCulture), 0.9),
                SyncBatchNorm = rest.Contains("--sync"),
            },
            Number(rest, "--steps", 50));
        return 0;
    case ["waits", .. var rest]:
        BenchmarkDevice.Device = Device(rest);
        Waits.Run(Text(rest, "--model") ?? "resnet50", Number(rest, "--batch-size", 32), Number(rest, "--steps", 64));
        return 0;
    case ["feed", var folder, .. var rest]:
        BenchmarkDevice.Device = Device(rest);
        Feed.Run(folder, Text(rest, "--model") ?? "resnet50", Number(rest, "--batch-size", 128), Number(rest, "--epochs", 4));
        return 0;
    case ["bench", .. var rest]:
        if (rest is ["--device", var device, .. var others])
            (BenchmarkDevice.Device, rest) = (ComputeDevice.Parse(device), others);
        // In this process: a project of its own for each benchmark would copy libtorch each time.
        BenchmarkSwitcher.FromAssembly(typeof(ForwardBenchmarks).Assembly).Run(
            rest, DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));
        return 0;
    default:
        Console.Error.WriteLine("""
            Usage: loader FOLDER [--workers N] [--epochs N]     images a second from a folder
                   listing FOLDER                               listing and splitting a folder, time and memory
                   shards FOLDER [--copies N] [--rounds N] [--workers N]
                                                                images a second from tar, Parquet and zip files
                   jpeg FOLDER [--rounds N]                     decoding alone, beside the image library
                   jpeg-hashes FOLDER                           pixels of each JPEG, for baseline/jpeg_pixels.py
                   resampler [--repetitions N]                  resizing alone, on one thread
                   weights MODEL FILE [--repetitions N]         loading weights, beside reading the bytes
                   accuracy FOLDER MODEL FILE LAYERS [--seeds N] [--no-augment]
                                                                what the speed-ups cost in accuracy
                   recipes FOLDER MODEL FILE|packaged [--unfreeze A,B] [--image-size N] [--no-augment]
                     [--seeds N] [--samples N]                  what could be the default optimizer and schedule
                   models [NAME ...] [--repetitions N]          accuracy beside processor time, a table
                   engines [NAME ...] [--repetitions N]         compiled layers beside ONNX Runtime, ms a picture
                   compiled MODEL [--image-size N] [--batch-size N] [--repetitions N]
                                                                compiled layers in float32 and bfloat16, seconds a batch
                   faults [--rounds N]                          page faults of training, by thread; Linux
                   precision MODEL.tkm FOLDER                   a predictor in bfloat16 beside one in float32
                   int8 speed [--models A,B] [--batches 1,16] [--repetitions N]
                   int8 accuracy FOLDER MODEL=FILE [--image-size N] [--seeds N] [--epochs N]
                                                                ONNX graphs in 8 bits beside float32, in ONNX Runtime
                   deployed PICTURES FOLDER MODEL=FILE [--image-size N]
                                                                a model in the files that deployment.py measures
                   label-errors FOLDER MODEL FILE|packaged|default [--noise 0.1] [--seeds N]
                                                                precision and recall of exchanged labels
                   compare FOLDER MODEL=FILE ... [--chart FILE]
                                                                backbones beside each other, twice
                   curve FOLDER MODEL FILE|packaged|default     a learning curve
                   labeling FOLDER MODEL=FILE [--start 5] [--rounds 5] [--seeds 10]
                                                                accuracy by what is labeled next, beside random choice
                   map FOLDER MODEL=FILE [--page FILE] [--features FILE]
                                                                t-SNE: time and trustworthiness, a page, what it is of
                   rank FOLDER MODEL[@PIXELS]=FILE ... [--image-size N] [--epochs N] [--samples N]
                                                                the order of probes beside that of fine-tuning
                   autotrain FOLDER MODEL=FILE ... [--minutes 10] [--image-size N] [--no-augment]
                     [--test 0.3] [--samples N] [--seed N]      AutoTrain beside the defaults
                   bench [--device cuda] [--filter PATTERN]     BenchmarkDotNet
                   diagnose                                     what libtorch and which devices there are
                   steps [--device cuda] [--models A,B] [--batches 32,256]
                     [--kinds forward,step] [--tsv FILE]
                                                                forward, backward and step in each number format
                   drift FOLDER MODEL=WEIGHTS [--unfreeze LAYERS] [--freeze LAYERS] [--sync] [--steps N] [--batch-size N]
                       [--rate X] [--image-size N] [--seed N]   how far a training under mpirun ends from one alone
                   ranks [--model NAME] [--batch-size N] [--steps N] [--threads N] [--epochs N]
                                                                training steps, alone or under mpirun
                   waits [--device cuda] [--model NAME] [--batch-size N] [--steps N]
                                                                how often a training run waits for the GPU
                   feed FOLDER [--device cuda] [--model NAME] [--batch-size N] [--epochs N]
                                                                training from files beside steps on one batch
            """);
        return 2;
}

static int Number(string[] options, string name, int otherwise) =>
    Array.IndexOf(options, name) is >= 0 and var at ? int.Parse(options[at + 1]) : otherwise;

static string? Text(string[] options, string name) => Array.IndexOf(options, name) is >= 0 and var at ? options[at + 1] : null;

static TransferPlan[] Plans(string[] options) =>
[
    .. options.Where(option => option.Contains('=')).Select(Answers.PlanOf)
        .Select(plan => Text(options, "--image-size") is { } pixels ? plan.WithImageSize(int.Parse(pixels)) : plan),
];

static string[] Names(string[] options, string name) => Text(options, name)?.Split(',') ?? [];

static ComputeDevice Device(string[] options) => ComputeDevice.Parse(Text(options, "--device") ?? "auto");
