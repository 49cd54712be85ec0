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
        var (height, width) = (sizes[1], sizes[2]);
        var (rows, columns) = ((height + size - 1) / size, (width + size - 1) / size);
        var (below, right) = (rows * size - height, columns * size - width);
        var map = below + right == 0 ? input : ops.Pad(input, [0, 0, 0, 0], [0, below, right, 0]);
        var cut = ops.Permute(ops.Reshape(map, sizes[0], rows, size, columns, size, sizes[3]), 0, 1, 3, 2, 4, 5);
        var output = ops.Run(Children[0].Layer, ops.Reshape(cut, Operations<T>.Unknown, size * size, sizes[3]));
        var features = ops.Size(output, 2);
        var windows = ops.Permute(ops.Reshape(output, sizes[0], rows, columns, size, size, features), 0, 1, 3, 2, 4, 5);
        var joined = ops.Reshape(windows, sizes[0], rows * size, columns * size, features);
        joined = below == 0 ? joined : ops.Slice(joined, 1, 0, height);
        return right == 0 ? joined : ops.Slice(joined, 2, 0, width);
    }
}
