using TorchSharp;

namespace TransferKit;

/// <summary>Images of another source as the layers that train see them: they go through the frozen ones.</summary>
/// <param name="images">The images.</param>
/// <param name="model">The model.</param>
/// <param name="prefix">Its frozen layers.</param>
internal sealed class FeatureBatches(IBatchSource<ImageBatch> images, LiveModel model, FrozenPrefix prefix)
    : IBatchSource<FeatureBatch>
{
    private readonly SmallBatches _small = new(model.Network, prefix.Frozen);

    /// <inheritdoc/>
    public IEnumerable<FeatureBatch> Read(ReadOptions pass, CancellationToken cancellationToken) =>
        images.Read(pass, cancellationToken).Select(batch => Compute(batch, pass));

    private FeatureBatch Compute(ImageBatch batch, ReadOptions pass)
    {
        using (batch)
        {
            using var scope = torch.NewDisposeScope();
            // Frozen layers that follow training may be random, and mustn't draw what those behind them do.
            using var random = RandomSource.Seeded(pass.Seed, pass.Epoch, ~batch.Number,
                pass.Share?.RowsOf(batch.Number, batch.Indices.Count));
            using var spared = _small.Spare(batch.Images, pass.Share?.BatchSize ?? pass.BatchSize, ranks: pass.Share?.Size ?? 1);
            var features = prefix.Features(batch.Images.to_type(model.ComputeType)).MoveToOuterDisposeScope();
            // A copy, for the batch that it comes from is about to go.
            return new FeatureBatch(features, batch.Targets.alias().MoveToOuterDisposeScope(), batch.Indices, batch.Number);
        }
    }
}
