using System.Globalization;
using TorchSharp;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// How far a training by all ranks ends from that of one process, in float32, beside one process whose weights begin otherwise
/// by less than rounding: what the network makes of rounding, and what the ranks add.
/// </summary>
internal static class RankDrift
{
    // Half a unit in float32's last place.
    private const double Noise = 3e-8;

    /// <param name="folder">A folder of pictures.</param>
    /// <param name="plan">The network, and which layers of it train.</param>
    /// <param name="options">How; one epoch.</param>
    /// <param name="steps">How many steps an epoch has.</param>
    public static void Run(string folder, TransferPlan plan, TrainingOptions options, int steps)
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(1);
        var group = MpiGroup.World;
        ImageDataset data = ImageFolder.Open(folder);
        var parts = data.Split((double)steps * options.BatchSize / data.Count);
        plan = plan.ReplaceHead(data.ClassNames.Count).WithPrecision(Precision.Float32);
        using var scope = torch.NewDisposeScope();
        var alone = Train(plan, parts, options, ProcessGroup.Alone);
        var otherwise = Train(plan, parts, options, ProcessGroup.Alone, Noise);
        var together = Train(plan, parts, options, group);
        if (group.Rank == 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{steps} steps, {group}: {Distance(alone, together):E1} from one process, "
                + $"which is {Distance(alone, otherwise):E1} from itself when it begins {Noise:E0} apart"));
    }

    /// <returns>All weights and tracked statistics, and the losses.</returns>
    private static List<torch.Tensor> Train(
        TransferPlan plan, DatasetSplit parts, TrainingOptions options, ProcessGroup group, double noise = 0)
    {
        torch.manual_seed(options.Seed);
        using var model = plan.Build();
        var weights = model.Network.NamedWeights().Select(found => found.Weight.Value)
            .Where(value => value.is_floating_point()).ToList();
        using (torch.no_grad())
            foreach (var weight in weights)
                weight.mul_(1 + noise * torch.randn_like(weight));
        using var run = model.Train(parts.Train, parts.Validation.Take(64), options with { Distributed = group });
        return
        [
            .. weights.Select(weight => weight.detach().clone()),
            torch.tensor(run.History.SelectMany(epoch => new[] { epoch.TrainLoss, epoch.ValidationLoss }).ToArray()),
        ];
    }

    /// <summary>The largest difference, relative to the largest number of its tensor.</summary>
    private static double Distance(List<torch.Tensor> one, List<torch.Tensor> other) => one.Zip(other).Max(pair =>
        ((pair.First - pair.Second).abs().max() / pair.First.abs().max().clamp_min(1e-12)).ToDouble());
}
