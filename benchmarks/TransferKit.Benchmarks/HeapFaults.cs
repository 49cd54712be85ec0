using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// What it costs to train on another thread than the main one: page faults and processor time of a step of ResNet-18 in float32,
/// whose maps are larger than what glibc keeps for other threads. In turns, so that other programs disturb all alike.
/// </summary>
internal static class HeapFaults
{
    private const int Batch = 32, Pixels = 224, Steps = 3;

    public static void Run(int rounds)
    {
        using var model = Backbone.ResNet18().ReplaceHead(2).UnfreezeAll().WithPrecision(Precision.Float32).On(ComputeDevice.Cpu)
            .Build();
        var kinds = new (string Name, Func<(long Faults, double Seconds)> Measure)[]
        {
            ("main thread", () => Train(model)),
            ("pool thread", () => Task.Run(() => Train(model)).GetAwaiter().GetResult()),
            ("pool thread, as training does it", () =>
                Task.Run(() => LargeBlockThread.Run(() => Train(model))).GetAwaiter().GetResult()),
        };
        Console.WriteLine("| where | page faults a step | processor time a step, s |\n|---|---|---|");
        var measured = Enumerable.Range(0, rounds).SelectMany(_ => kinds.Select(kind => (kind.Name, Cost: kind.Measure()))).ToList();
        foreach (var kind in measured.GroupBy(one => one.Name))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {kind.Key} | {kind.Min(one => one.Cost.Faults) / Steps} | {kind.Min(one => one.Cost.Seconds) / Steps:F2} |"));
    }

    private static (long Faults, double Seconds) Train(TransferModel model)
    {
        Step(model);
        var before = (Faults: Faults(), Time: Environment.CpuUsage.TotalTime);
        for (var i = 0; i < Steps; i++)
            Step(model);
        return (Faults() - before.Faults, (Environment.CpuUsage.TotalTime - before.Time).TotalSeconds);
    }

    private static void Step(TransferModel model)
    {
        using var scope = torch.NewDisposeScope();
        model.Network.SetTraining(true);
        var images = model.Live.PrepareInput(torch.rand(Batch, 3, Pixels, Pixels));
        TensorOperations.Forward(model.Network.Steps, images).sum().backward();
    }

    /// <summary>Pages that the kernel had to find: the tenth field of Linux's process status.</summary>
    private static long Faults() =>
        long.Parse(File.ReadAllText($"/proc/{Environment.ProcessId}/stat").Split(' ')[9], CultureInfo.InvariantCulture);
}
