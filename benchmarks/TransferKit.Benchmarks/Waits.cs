using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// How often a training run makes the program wait for the GPU. Needs <c>gpu/count_waits.c</c> in <c>LD_PRELOAD</c>, which counts
/// the calls of CUDA that wait.
/// </summary>
internal static unsafe class Waits
{
    private static readonly delegate* unmanaged<long> Counter =
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "cuda_waits", out var function)
            ? (delegate* unmanaged<long>)function : null;

    public static void Run(string model, int batchSize, int steps)
    {
        if (Counter is null)
            throw new InvalidOperationException("Nothing counts: put count_waits.so into LD_PRELOAD (see benchmarks/gpu).");
        using var images = torch.randn(batchSize * steps, 3, 224, 224);
        var data = new InMemoryDataset(images, [.. Enumerable.Range(0, batchSize * steps).Select(i => i % 2)], ["a", "b"]);
        using var few = torch.randn(batchSize, 3, 224, 224);
        var validation = new InMemoryDataset(few, [.. Enumerable.Range(0, batchSize).Select(i => i % 2)], ["a", "b"]);
        foreach (var (name, plan, options) in Jobs(model, batchSize))
        {
            var counts = new List<long>();
            plan.Train(data, validation, options, new Observer(counts)).Dispose();
            // Allocators and cuDNN's choices are settled after a few steps.
            var each = counts.Zip(counts.Skip(1), (before, after) => after - before).Skip(4).ToList();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{model}, {name}: {each.Sum()} waits in {each.Count} steps, in {each.Count(count => count > 0)} of them"));
        }
    }

    private static IEnumerable<(string Name, TransferPlan Plan, TrainingOptions Options)> Jobs(string model, int batchSize)
    {
        var plan = Backbone.Create(model).ReplaceHead(2).On(BenchmarkDevice.Device);
        var options = new TrainingOptions { Epochs = 1, BatchSize = batchSize };
        yield return ("everything", plan.UnfreezeAll(), options);
        yield return ("everything, norm clipped, averaged", plan.UnfreezeAll(),
            options with { ClipNorm = 1, Average = WeightAverage.Ema() });
        var lastStage = plan.FreezeAll().UnfreezeLast(1);
        yield return ("last stage", lastStage, options);
        yield return ("last stage, features kept", lastStage, options with { Augment = false, Epochs = 2 });
    }

    private sealed class Observer(List<long> counts) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value is { Phase: TrainingPhase.Training } && value.Epoch == value.Epochs)
                counts.Add(Counter());
        }
    }
}
