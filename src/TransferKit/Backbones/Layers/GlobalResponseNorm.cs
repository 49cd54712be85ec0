namespace TransferKit;

/// <summary>
/// Global response normalization (Woo et al., 2023): weighs each channel by the length of its map, relative to those of the
/// others.
/// </summary>
internal sealed class GlobalResponseNorm : Layer
{
    private const float Epsilon = 1e-6f;

    private readonly bool _isLast;
    private readonly Weight _weight, _bias;

    /// <summary>Creates a global response normalization.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="isLast">Whether maps are <c>[N, H, W, C]</c>, and not <c>[N, C, H, W]</c>.</param>
    public GlobalResponseNorm(int channels, bool isLast)
    {
        _isLast = isLast;
        _weight = AddParameter("weight", [channels], Initialize.Zeros);
        _bias = AddParameter("bias", [channels], Initialize.Zeros);
    }

    internal override bool IsNorm => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var (sizes, channels) = (ops.Sizes(input), _weight.Count);
        if (sizes.Count != 4 || sizes[_isLast ? 3 : 1] != channels)
            throw new ArgumentException(
                $"A norm over {channels} channels can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var lengths = _isLast ? ops.Length(input, 1, 2) : ops.Length(input, 2, 3);
        var mean = ops.GlobalPool(ops.Reshape(lengths, sizes[0], 1, 1, channels), PoolKind.Average);
        var relative = ops.Divide(lengths, ops.Add(mean, ops.Constant(input, [Epsilon], 1)));
        var scaled = ops.Multiply(ops.Multiply(input, relative), Shaped(_weight));
        return ops.Add(input, ops.Add(scaled, Shaped(_bias)));

        T Shaped(Weight weight) => _isLast
            ? ops.Weight(weight, input) : ops.Reshape(ops.Weight(weight, input), channels, 1, 1);
    }
}
