using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace TransferKit.Fuzz;

/// <summary>A small training run of several processes, started by <c>mpirun</c>, in which something may go wrong.</summary>
internal static class DistributedRun
{
    /// <summary>The argument by which the program is a process of such a run.</summary>
    public const string Command = "train-ranks";

    /// <summary>ResNet-18 with an eighth of its channels.</summary>
    public static TransferPlan Small => Backbone.Custom("narrow_resnet18", () => ResNet.Build(new ResNetConfig
    {
        Block = [.. Enumerable.Repeat(ResNetBlock.BasicBlock, 4)],
        Layers = [2, 2, 2, 2],
        Channels = [8, 16, 32, 64],
        StemType = "deep",
        StemWidth = 4,
        ZeroInitLast = false,
    }));

    /// <summary>Starts a run in a folder, or goes on with the one that was started there.</summary>
    /// <param name="launcher">The launcher: <c>mpirun.openmpi</c> or <c>mpirun.mpich</c>.</param>
    /// <param name="ranks">The number of processes.</param>
    /// <param name="folder">The folder, in which each rank leaves <c>rank-N.txt</c>.</param>
    /// <param name="fault">What goes wrong, at the last rank.</param>
    public static Process Start(string launcher, int ranks, string folder, Fault fault = Fault.None) =>
        Start(launcher, ranks, Command, folder, $"{fault}");

    /// <summary>Starts this program as several processes.</summary>
    /// <param name="launcher">The launcher.</param>
    /// <param name="ranks">The number of processes.</param>
    /// <param name="arguments">What it is told.</param>
    public static Process Start(string launcher, int ranks, params string[] arguments) =>
        Start(launcher, ranks, new Dictionary<string, string>(), arguments);

    /// <inheritdoc cref="Start(string, int, string[])"/>
    /// <param name="launcher">The launcher.</param>
    /// <param name="ranks">The number of processes.</param>
    /// <param name="variables">Environment variables.</param>
    /// <param name="arguments">What it is told.</param>
    public static Process Start(
        string launcher, int ranks, IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        string[] alone = ["dotnet", .. ResumableRun.HostArguments, typeof(DistributedRun).Assembly.Location, .. arguments];
        string[] more = launcher.Contains("openmpi", StringComparison.Ordinal) ? ["--oversubscribe", "--bind-to", "none"] : [];
        var start = new ProcessStartInfo(launcher, ["-np", $"{ranks}", .. more, .. alone])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        start.Environment["OMP_NUM_THREADS"] = "1";
        // A rank that was stopped shouldn't hold up trials for long.
        start.Environment["TRANSFERKIT_MPI_PATIENCE"] = "5";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        return Process.Start(start)!;
    }

    /// <summary>Is a rank: trains, and writes what came out.</summary>
    /// <returns>The exit code: 1 where it failed.</returns>
    public static int Train(string folder, Fault fault)
    {
        var group = MpiGroup.World;
        var isFaulty = group.Rank == group.Size - 1;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Join(folder, $"pid-{group.Rank}.txt"), $"{Environment.ProcessId}");
        try
        {
            if (isFaulty && fault == Fault.Leaves)
                return 0;
            if (isFaulty && fault == Fault.Stops)
                Process.Start("kill", ["-STOP", $"{Environment.ProcessId}"]).WaitForExit();
            var result = Train(group, folder, isFaulty ? fault : Fault.None);
            File.WriteAllText(Path.Join(folder, $"rank-{group.Rank}.txt"), result);
            return 0;
        }
        catch (TransferKitException error)
        {
            File.WriteAllText(Path.Join(folder, $"rank-{group.Rank}.txt"), error.Message);
            return 1;
        }
    }

    /// <returns>The losses of all epochs, and a checksum of the weights.</returns>
    private static string Train(ProcessGroup group, string folder, Fault fault)
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(1);
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(fault == Fault.OtherData ? 8ul : 7ul, torch.CPU);
        var labels = Enumerable.Range(0, 40).Select(i => i % 2).ToArray();
        var images = torch.randn([labels.Length, 3, 32, 32], generator: generator);
        var data = new InMemoryDataset(images, labels, ["even", "odd"]);
        using var run = Small.ReplaceHead(2).FreezeAll().UnfreezeLast(1).Train(data, new TrainingOptions
        {
            Epochs = 3,
            BatchSize = 8,
            Optimizer = Optimizer.Sgd(fault == Fault.OtherOptions ? 0.02 : 0.01),
            SyncBatchNorm = true,
            Average = WeightAverage.Ema(0.9),
            Distributed = group,
            Checkpoints = new CheckpointOptions(Path.Join(folder, ResumableRun.Checkpoints)) { EverySteps = 1 },
        });
        var losses = run.History.Select(epoch => $"{epoch.TrainLoss:R} {epoch.ValidationLoss:R}");
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', losses)} {run.Model.Network.Checksum(int.MaxValue):x8}");
    }
}

/// <summary>What goes wrong at one rank.</summary>
internal enum Fault
{
    None,
    OtherOptions,
    OtherData,
    Leaves,
    Stops,
}
