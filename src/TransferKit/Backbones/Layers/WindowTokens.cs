namespace TransferKit;

/// <summary>
/// Runs a layer on the pixels of each window of S × S pixels by itself, <c>[N, H, W, F]</c> → <c>[N, H, W, F']</c>; a map that
/// windows don't fill is padded with zeros at the bottom and on the right.
/// </summary>
/// <param name="size">Height and width of a window, S.</param>
/// <param name="layer">The layer, <c>[windows, S · S, F]</c> → <c>[windows, S · S, F']</c>.</param>
internal sealed class WindowTokens(int size, Child layer) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = [layer];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4)
            throw new ArgumentException($"There is no feature map in a sample of shape {ops.Sample(input)}.", nameof(input));
        var windows = new Windows(size, sizes[1], sizes[2]);
        var output = ops.Run(Children[0].Layer, windows.Cut(ops, windows.Pad(ops, input)));
        return windows.Crop(ops, windows.Join(ops, output, sizes[0]));
    }
}
