using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// How much of the sums of gradients is hidden behind the backward pass: the time of a step with them, of one without, where
/// every rank trains alone at the same time, and of the sums by themselves. Of each the shortest counts.
/// </summary>
internal static class RankOverlap
{
    private const int Rounds = 2;

    public static void Run(string model, int batchSize, int steps, int epochs)
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(1);
        var group = MpiGroup.World;
        var plan = Backbone.Create(model).ReplaceHead(2).UnfreezeAll().WithPrecision(Precision.Float32);
        var (alone, together) = (double.PositiveInfinity, double.PositiveInfinity);
        // In turns, as what else the machine does changes.
        for (var round = 0; round < Rounds; round++)
        {
            // All begin together.
            group.Sum([0]);
            alone = Math.Min(alone, StepTime(plan, batchSize, steps, epochs, ProcessGroup.Alone));
            group.Sum([0]);
            together = Math.Min(together, StepTime(plan, batchSize, steps, epochs, group));
        }
        var (sums, bytes, parts) = SumTime(plan, group, repetitions: 3 * epochs);
        if (group.Rank == 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{model}, {batchSize} samples a rank, {group}: a step takes {together:F2} s, {alone:F2} s without sums; "
                + $"{bytes / 1e6:F0} MB of gradients in {parts} parts take {sums:F2} s by themselves, "
                + $"{1 - (together - alone) / sums:P0} of which are hidden"));
    }

    private static double StepTime(TransferPlan plan, int batchSize, int steps, int epochs, ProcessGroup group) =>
        batchSize * group.Size / RandomImages.Train(plan, batchSize * group.Size, steps, epochs, group);

    private static (double Seconds, long Bytes, int Parts) SumTime(TransferPlan plan, ProcessGroup group, int repetitions)
    {
        using var model = plan.Build();
        using var prefix = FrozenPrefix.Of(model.Network, plan.BatchNorm);
        using var buckets = new GradientBuckets(group, prefix.Trained, starts: []);
        var weights = model.Network.NamedWeights().Select(found => found.Weight).Where(weight => weight.IsTrainable).ToList();
        double[] presence = [.. buckets.Presence.Select(_ => (double)group.Size)];
        var shortest = double.PositiveInfinity;
        for (var time = 0; time < repetitions; time++)
        {
            foreach (var weight in weights)
                weight.Value.grad = torch.zeros_like(weight.Value);
            group.Sum([0]);
            var start = Stopwatch.GetTimestamp();
            buckets.Send();
            buckets.Collect(presence);
            shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return (shortest, weights.Sum(weight => weight.Count) * sizeof(float), buckets.Parts.Count());
    }
}
