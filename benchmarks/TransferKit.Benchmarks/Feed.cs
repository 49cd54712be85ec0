using System.Diagnostics;
using System.Globalization;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// Images a second that training takes from files, with decoded pixels cached from the second epoch on, beside those of the same
/// steps on one batch that is always there.
/// </summary>
internal static class Feed
{
    public static void Run(string folder, string model, int batchSize, int epochs)
    {
        var steps = new StepBenchmarks { Model = model, Batch = batchSize, Numbers = "bfloat16" };
        steps.ForEverything();
        var clock = Stopwatch.StartNew();
        const int invocations = 5;
        for (var i = 0; i < invocations; i++)
            steps.Step();
        var without = invocations * StepBenchmarks.InARow * batchSize / clock.Elapsed.TotalSeconds;
        steps.Cleanup();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{model}, batch {batchSize}, bfloat16: {without:F0} images/s on one batch"));

        // Several times over, so that an epoch has enough batches.
        var once = ImageFolder.Open(folder).With(new ImageOptions { Cache = new PixelCacheOptions { MemoryBytes = 8L << 30 } });
        var data = Enumerable.Repeat(once, 1 + 40 * batchSize / once.Count).Aggregate((all, more) => all.Concat(more));
        var (few, _) = once.Split(0.1);
        using var run = Backbone.Create(model).ReplaceHead(once.ClassNames.Count).UnfreezeAll().On(BenchmarkDevice.Device)
            .WithPrecision(Precision.BFloat16)
            .Train(data, few, new TrainingOptions { BatchSize = batchSize, Epochs = epochs, DropLast = true });
        foreach (var epoch in run.History)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"epoch {epoch.Epoch}: "
                + $"{data.Count / epoch.TrainTime.TotalSeconds:F0} images/s from files, {Environment.ProcessorCount} cores"));
    }
}
