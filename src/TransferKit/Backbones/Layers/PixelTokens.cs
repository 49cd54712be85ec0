namespace TransferKit;

/// <summary>
/// Runs a layer on the pixels of a feature map as tokens, row by row, <c>[N, C, H, W]</c> → <c>[N, C', H, W]</c>.
/// </summary>
/// <param name="layer">The layer, <c>[N, H · W, C]</c> → <c>[N, H · W, C']</c>.</param>
internal sealed class PixelTokens(Layer layer) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = [layer];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4)
            throw new ArgumentException($"There is no feature map in a sample of shape {ops.Sample(input)}.", nameof(input));
        var tokens = ops.Permute(ops.Reshape(input, sizes[0], sizes[1], sizes[2] * sizes[3]), 0, 2, 1);
        var output = ops.Permute(ops.Run(layer, tokens), 0, 2, 1);
        return ops.Reshape(output, sizes[0], ops.Size(output, 1), sizes[2], sizes[3]);
    }
}
