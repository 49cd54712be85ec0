namespace TransferKit;

/// <summary>Picks the first token, <c>[N, T, F]</c> → <c>[N, F]</c>: the one that <see cref="ClassToken"/> put there.</summary>
internal sealed class FirstToken : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        return sizes.Count == 3
            ? ops.Reshape(ops.Slice(input, 1, 0, 1), sizes[0], sizes[2])
            : throw new ArgumentException($"There are no tokens in a sample of shape {ops.Sample(input)}.", nameof(input));
    }
}
