using TorchSharp;

namespace TransferKit;

/// <summary>
/// What a network computes of samples that aren't trained on: processes take whole batches in turns, and all get all of it, in
/// order and with the bits that one process computes.
/// </summary>
internal static class DealtBatches
{
    /// <summary>Computes batches.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The samples.</param>
    /// <param name="pass">How they are read, and how many at a time.</param>
    /// <param name="compute">From images to <c>[N, …]</c>, which the dispose scope around it owns.</param>
    /// <param name="group">The processes.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Positions in the dataset with what was computed; the caller disposes it.</returns>
    /// <exception cref="DistributedException">A process couldn't read what another one can.</exception>
    public static IEnumerable<(int[] Indices, torch.Tensor Values)> Read(LiveModel model, Dataset data, ReadOptions pass,
        Func<ImageBatch, torch.Tensor> compute, ProcessGroup group, CancellationToken cancellationToken)
    {
        var (images, unread) = (new ImageBatches(model, data), new List<UnreadSample>());
        images.Skipped += sample => unread.Add(UnreadSample.Of(sample, isTraining: false, group));
        var own = images.Read(pass.DealTo(group, data.Count), cancellationToken).Select(Compute);
        var rounds = pass.BatchSize * group.Size;
        foreach (var found in FeatureExchange.Read(own, (data.Count + rounds - 1) / rounds, group))
            yield return (found.Indices, found.Values.SendTo(model.Device));
        UnreadSample.Agree(unread, group, found => data.NameOf(found.Index), found => found.CanRead(data, model.Preprocessing));

        FeatureBatch Compute(ImageBatch batch)
        {
            using (batch)
            using (torch.no_grad())
            using (torch.NewDisposeScope())
                return new FeatureBatch(compute(batch).DetachFromDisposeScope(), batch.Targets.alias().DetachFromDisposeScope(),
                    batch.Indices, batch.Number);
        }
    }
}
