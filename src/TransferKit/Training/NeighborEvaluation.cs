using TorchSharp;

namespace TransferKit;

/// <summary>Measures how well the classes of samples are told by those of the most similar ones.</summary>
internal static class NeighborEvaluation
{
    /// <inheritdoc cref="TransferModel.EvaluateNeighbors"/>
    public static EvaluationResult Run(
        LiveModel model, Dataset train, Dataset data, NeighborOptions options, CancellationToken cancellationToken)
    {
        var known = FeatureVectors.Extract(model, train, options.BatchSize, onBatch: null, cancellationToken);
        var areKnown = ReferenceEquals(train, data);
        var vectors = areKnown
            ? known : FeatureVectors.Extract(model, data, options.BatchSize, onBatch: null, cancellationToken);
        if (known.Count < (areKnown ? 2 : 1))
            throw new InvalidOperationException($"{known.Count} of {train.Count} samples could be read, among which no neighbors "
                + "can be found; see the reasons in the log.");
        var order = ClassOrder.Of(train.ClassNames, data.ClassNames)!;
        using var votes = new NeighborVotes(
            known, [.. known.Indices.Select(index => order[train.Labels[index]])], data.ClassNames.Count, options.Neighbors,
            options.Temperature);
        using var loss = Loss.DefaultFor(data.Targets.Task).Prepare(data.Targets, torch.CPU);
        using var metrics = new RunningMetrics(data.Targets.Task, data.Count, options.BatchSize);
        return Evaluator.Run(Batches(), batch => batch.Logits, loss, data, metrics, onBatch: null);

        IEnumerable<VoteBatch> Batches()
        {
            var number = 0;
            foreach (var (first, logits) in votes.Of(vectors, areKnown))
            {
                cancellationToken.ThrowIfCancellationRequested();
                int[] indices = [.. vectors.Indices.Skip(first).Take((int)logits.shape[0])];
                var targets = torch.tensor([.. indices.Select(index => (long)data.Labels[index])]);
                yield return new VoteBatch(logits, targets, indices, number++);
            }
        }
    }

    /// <summary>What the neighbors of samples say.</summary>
    private sealed class VoteBatch(torch.Tensor logits, torch.Tensor targets, IReadOnlyList<int> indices, int number)
        : LoadedBatch(logits, targets, indices, number)
    {
        /// <summary><c>[N, classes]</c></summary>
        public torch.Tensor Logits => Values;
    }
}
