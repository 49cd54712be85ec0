using System.Globalization;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// Training steps of a whole network on random images: alone with several threads, or under <c>mpirun</c> with fewer a rank.
/// </summary>
internal static class RankSpeed
{
    public static void Run(string model, int batchSize, int steps, int threads, int epochs)
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(threads);
        var group = MpiGroup.World;
        var speed = RandomImages.Train(Backbone.Create(model).ReplaceHead(2).UnfreezeAll(), batchSize, steps, epochs, group);
        if (group.Rank == 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{model}, batch {batchSize}, {group.Size} ranks with {threads} threads: "
                + $"{speed:F2} images/s"));
    }
}
