namespace TransferKit;

/// <summary>
/// Puts the features of 2 × 2 pixels side by side, <c>[N, H, W, F]</c> → <c>[N, ⌈H / 2⌉, ⌈W / 2⌉, 4 · F]</c>
/// (Liu et al., 2021): down, then to the right. A side of odd length is padded with zeros.
/// </summary>
internal sealed class PatchMerging : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        if (ops.Sizes(input).Count != 4)
            throw new ArgumentException($"Patches can't be merged in a sample of shape {ops.Sample(input)}.", nameof(input));
        var (batch, height, width, features) = (ops.Size(input, 0), ops.Size(input, 1), ops.Size(input, 2), ops.Size(input, 3));
        var even = (height | width) % 2 == 0 ? input : ops.Pad(input, [0, 0, 0, 0], [0, height % 2, width % 2, 0]);
        var (rows, columns) = ((height + 1) / 2, (width + 1) / 2);
        var cut = ops.Permute(ops.Reshape(even, batch, rows, 2, columns, 2, features), 0, 1, 3, 4, 2, 5);
        return ops.Reshape(cut, batch, rows, columns, 4 * features);
    }
}
