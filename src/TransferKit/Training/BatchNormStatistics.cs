using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>Estimates what batch norms track anew, for weights that were averaged: PyTorch's <c>update_bn</c>.</summary>
internal static class BatchNormStatistics
{
    /// <summary>
    /// Sets the running mean and variance of every batch norm in training mode to their plain means over some batches.
    /// Those in evaluation mode, which are frozen, keep theirs; all do where no batch comes, or reading fails.
    /// </summary>
    /// <param name="network">The network, its layers in the modes that training has them in.</param>
    /// <param name="batches">What <paramref name="forward"/> takes; disposed one by one.</param>
    /// <param name="forward">Runs the network on one of them.</param>
    /// <param name="fewest">Batches of fewer samples are left out, as they say nothing of a spread.</param>
    public static void Estimate(
        Network network, IEnumerable<Tensor> batches, Func<Tensor, Tensor> forward, int fewest = 1)
    {
        var norms = network.Steps.SelectMany(step => step.Walk()).Select(found => found.Layer).OfType<BatchNorm>()
            .Where(norm => norm.Training).Distinct().ToList();
        if (norms.Count == 0)
            return;
        using var noGradient = no_grad();
        using var all = NewDisposeScope();
        var tracked = norms.SelectMany(norm => new[] { norm.Mean.Value, norm.Variance.Value }.Select(buffer =>
            (Live: buffer, Before: buffer.clone(), Sum: zeros_like(buffer), norm.Momentum))).ToList();
        // From zero, what a norm tracks of a batch is its momentum's share of the batch's own statistics. Norms in front may see
        // a batch as soon as it is asked for.
        Clear();
        var count = 0;
        var isDone = false;
        try
        {
            foreach (var batch in batches)
            {
                using (batch)
                using (NewDisposeScope())
                {
                    if (batch.shape[0] < fewest)
                        continue;
                    forward(batch);
                    foreach (var (live, _, sum, momentum) in tracked)
                        sum.AddInPlace(live, 1 / momentum);
                    Clear();
                }
                count++;
            }
            isDone = count > 0;
        }
        finally
        {
            foreach (var (live, before, sum, _) in tracked)
                live.copy_(isDone ? sum.DivideInPlace(count) : before);
        }

        void Clear()
        {
            foreach (var (live, _, _, _) in tracked)
                live.zero_();
        }
    }
}
