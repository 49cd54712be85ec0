namespace TransferKit;

/// <summary>Images of another source, those of a batch mixed with each other.</summary>
/// <param name="images">The images.</param>
/// <param name="mix">How they are mixed.</param>
/// <param name="outputs">The number of classes, or of numbers a sample.</param>
internal sealed class MixedBatches(IBatchSource<ImageBatch> images, Mix mix, int outputs) : IBatchSource<ImageBatch>
{
    /// <summary>The images mixed; as they are where they aren't to be.</summary>
    /// <param name="images">The images.</param>
    /// <param name="mix">How they are mixed; null: they aren't.</param>
    /// <param name="outputs">The number of classes, or of numbers a sample.</param>
    public static IBatchSource<ImageBatch> Of(IBatchSource<ImageBatch> images, Mix? mix, int outputs) =>
        mix is null ? images : new MixedBatches(images, mix, outputs);

    /// <inheritdoc/>
    public IEnumerable<ImageBatch> Read(ReadOptions pass, CancellationToken cancellationToken) =>
        images.Read(pass, cancellationToken).Select(batch => Mix(batch, pass));

    private ImageBatch Mix(ImageBatch batch, ReadOptions pass)
    {
        using (batch)
        {
            var random = new SeededRandom(pass.Seed, pass.Epoch, batch.Number);
            var (mixed, targets) = mix.Apply(batch.Images, batch.Targets, outputs, ref random);
            return new ImageBatch(mixed, targets, batch.Indices, batch.Number);
        }
    }
}
