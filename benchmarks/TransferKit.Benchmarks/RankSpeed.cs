using System.Globalization;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// Training steps of a whole network on random images: alone with several threads, or under <c>mpirun</c> with fewer a rank.
/// Epochs of a few steps are timed; the fastest counts, and the first doesn't.
/// </summary>
internal static class RankSpeed
{
    public static void Run(string model, int batchSize, int steps, int threads, int epochs)
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(threads);
        var group = MpiGroup.World;
        using var scope = torch.NewDisposeScope();
        var labels = Enumerable.Range(0, batchSize * steps).Select(i => i % 2).ToArray();
        // All ranks need the same images.
        using var generator = new torch.Generator(7, torch.CPU);
        var data = new InMemoryDataset(torch.randn([labels.Length, 3, 224, 224], generator: generator), labels, ["even", "odd"]);
        using var run = Backbone.Create(model).ReplaceHead(2).UnfreezeAll().Train(data, data.Take(2 * group.Size), new TrainingOptions
        {
            Epochs = epochs,
            BatchSize = batchSize,
            Optimizer = Optimizer.Sgd(0.001),
            RestoreBest = false,
            Distributed = group,
        });
        if (group.Rank == 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{model}, batch {batchSize}, {group.Size} ranks with {threads} threads: "
                + $"{run.History.Skip(1).Max(epoch => epoch.TrainImagesPerSecond):F2} images/s"));
    }
}
