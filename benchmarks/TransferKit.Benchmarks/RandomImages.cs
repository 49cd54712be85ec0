using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>Training on images of noise, for measurements in which only sizes count.</summary>
internal static class RandomImages
{
    /// <summary>Images of two classes in turn, the same in all processes.</summary>
    /// <param name="count">How many.</param>
    /// <param name="size">Their sides, in pixels.</param>
    public static InMemoryDataset Of(int count, int size = 224)
    {
        using var generator = new torch.Generator(7, torch.CPU);
        return new InMemoryDataset(torch.randn([count, 3, size, size], generator: generator),
            [.. Enumerable.Range(0, count).Select(i => i % 2)], ["even", "odd"]);
    }

    /// <summary>Trains epochs of a few steps, of which the fastest counts, and the first doesn't.</summary>
    /// <returns>Images a second.</returns>
    public static double Train(TransferPlan plan, int batchSize, int steps, int epochs, ProcessGroup group)
    {
        using var scope = torch.NewDisposeScope();
        var data = Of(batchSize * steps);
        using var run = plan.Train(data, data.Take(2 * group.Size), new TrainingOptions
        {
            Epochs = epochs,
            BatchSize = batchSize,
            Optimizer = Optimizer.Sgd(0.001),
            RestoreBest = false,
            Distributed = group,
        });
        return run.History.Skip(1).Max(epoch => epoch.TrainImagesPerSecond);
    }
}
