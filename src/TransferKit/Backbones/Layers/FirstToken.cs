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

/// <summary>Picks the first tokens, <c>[N, T, F]</c> → <c>[N, K, F]</c>.</summary>
/// <param name="count">How many, K.</param>
internal sealed class FirstTokens(int count) : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.Sizes(input).Count == 3 && ops.Size(input, 1) >= count
            ? ops.Slice(input, 1, 0, count)
            : throw new ArgumentException($"There aren't {count} tokens in a sample of shape {ops.Sample(input)}.",
                nameof(input));
}
