using System.Globalization;

namespace TransferKit.Benchmarks;

/// <summary>
/// What a step of training takes, where activations are kept or computed anew: the shortest one's time. The memory is that of the
/// process: run it by <c>/usr/bin/time -v</c>.
/// </summary>
internal static class RecomputedSteps
{
    public static void Run(TransferPlan plan, int batchSize, int steps, bool recompute)
    {
        plan = plan.ReplaceHead(2).UnfreezeAll();
        using var model = plan.Build();
        var data = RandomImages.Of(batchSize, model.Preprocessing.CropSize);
        using var run = model.Train(data, data.Take(2), new TrainingOptions
        {
            Epochs = steps, BatchSize = batchSize, Optimizer = Optimizer.Sgd(0.001), RestoreBest = false,
            RecomputeActivations = recompute,
        });
        var shortest = batchSize / run.History.Max(epoch => epoch.TrainImagesPerSecond);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{plan}, {model.Live.ComputeType}, batch {batchSize}, activations {(recompute ? "computed anew" : "kept")}: {shortest:F3} s"));
    }
}
