namespace TransferKit;

/// <summary>Makes tokens of a feature map, row by row, <c>[N, F, H, W]</c> → <c>[N, H · W, F]</c>.</summary>
internal sealed class PatchTokens : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        return sizes.Count == 4
            ? ops.Permute(ops.Reshape(input, sizes[0], sizes[1], sizes[2] * sizes[3]), 0, 2, 1)
            : throw new ArgumentException($"There is no feature map in a sample of shape {ops.Sample(input)}.", nameof(input));
    }
}

/// <summary>The average of the tokens behind the first ones, <c>[N, P + T, F]</c> → <c>[N, F]</c>.</summary>
/// <param name="prefix">How many of the first tokens don't count, P.</param>
internal sealed class TokenAverage(int prefix) : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[1] <= prefix)
            throw new ArgumentException(
                $"There are no tokens behind the first {prefix} of a sample of shape {ops.Sample(input)}.", nameof(input));
        var tokens = ops.Permute(ops.Slice(input, 1, prefix, sizes[1] - prefix), 0, 2, 1);
        var map = ops.Reshape(tokens, sizes[0], sizes[2], sizes[1] - prefix, 1);
        return ops.Reshape(ops.GlobalPool(map, PoolKind.Average), sizes[0], sizes[2]);
    }
}
