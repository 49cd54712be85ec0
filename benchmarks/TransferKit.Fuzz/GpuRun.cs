using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit.Fuzz;

/// <summary>
/// Gradients of several processes, summed as between GPUs, by a library that has the functions of NCCL and CUDA in the host's
/// memory.
/// </summary>
internal static class GpuRun
{
    /// <summary>The argument by which the program is a process of such a run.</summary>
    public const string Command = "sum-gpus";

    private const int Steps = 3;

    /// <summary>Is a rank: sums, and writes what came out.</summary>
    /// <param name="folder">Where each rank leaves <c>rank-N.txt</c>.</param>
    /// <param name="library">The library's path.</param>
    /// <param name="way">What GPUs there are, and what goes wrong.</param>
    /// <returns>The exit code: 1 where it failed.</returns>
    public static int Sum(string folder, string library, GpuWay way)
    {
        var group = (MpiGroup)MpiGroup.World;
        var file = Path.Join(folder, $"rank-{group.Rank}.txt");
        try
        {
            TorchRuntime.EnsureLoaded();
            torch.set_num_threads(1);
            using var scope = torch.NewDisposeScope();
            File.WriteAllText(file, group.Together(() => Sum(group, NativeLibrary.Load(library), way)));
            return 0;
        }
        catch (TransferKitException error)
        {
            File.WriteAllText(file, error.Message);
            return 1;
        }
    }

    private static string Sum(MpiGroup group, nint library, GpuWay way)
    {
        var isLast = group.Rank == group.Size - 1;
        var nccl = way == GpuWay.Missing && isLast ? null : new NcclLibrary(library, library);
        var device = way == GpuWay.Shared ? 0 : group.LocalRank;
        var gpus = group.SumsOn(nccl, "has no NCCL", device, out var obstacle);
        var again = group.SumsOn(nccl, "has no NCCL", device, out var repeated);

        torch.manual_seed(1);
        using var model = DistributedRun.Small.ReplaceHead(2).UnfreezeAll().Build();
        using var buckets = new GradientBuckets(group, model.Network.Steps, [], gpus, leastBytes: 1 << 14);
        var weights = buckets.Parts.SelectMany(part => part).SelectMany(layer => layer.NamedWeights())
            .Select(found => found.Weight).Where(weight => weight.IsTrainable).Distinct().Select(weight => weight.Value).ToList();
        var distance = 0.0;
        for (var step = 0; step < Steps; step++)
        {
            torch.manual_seed(10 * group.Rank + step);
            TensorOperations.Forward(model.Network.Steps, torch.randn(2, 3, 32, 32)).sum().backward();
            if (isLast && step == 1)
                weights[^1].grad = null;
            var expected = torch.cat([.. weights.Select(weight => weight.grad?.flatten() ?? torch.zeros(weight.numel()))]);
            Collectives.Wait(group.SumAsync(expected));
            double[] presence = [.. buckets.Presence];
            group.Sum(presence);
            buckets.Send();
            if (way == GpuWay.Fails)
            {
                Thread.Sleep(100);
                if (isLast)
                    throw new MpiException("It can't go on.");
                // What a rank asks of the others next, before it waits for its GPU.
                _ = group.SumAsync(expected);
            }
            buckets.Collect(presence);
            var summed = torch.cat([.. weights.Select(weight => weight.grad!.flatten())]);
            distance = Math.Max(distance, summed.sub(expected).abs().max().item<float>());
            foreach (var weight in weights)
                weight.grad = null;
        }
        if (way == GpuWay.Waits)
            Thread.Sleep(TimeSpan.FromMinutes(1));
        return $"{gpus}|{ReferenceEquals(gpus, again)}|{obstacle}|{repeated}|{buckets.Parts.Count()}|{distance}";
    }
}

/// <summary>What GPUs ranks have, and what goes wrong.</summary>
internal enum GpuWay
{
    /// <summary>One each.</summary>
    Own,

    /// <summary>One together.</summary>
    Shared,

    /// <summary>The last rank has no NCCL.</summary>
    Missing,

    /// <summary>The last rank throws while sums are underway.</summary>
    Fails,

    /// <summary>After the last step nothing is asked of the GPUs.</summary>
    Waits,
}
