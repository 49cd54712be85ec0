namespace TransferKit;

/// <summary>
/// Multiplies each channel of <c>[N, C, H, W]</c> by a number that is learnt (Touvron et al., 2021), to stand at the end of a
/// residual block's main path: starting near zero, it lets the block begin as the identity.
/// </summary>
internal sealed class LayerScale : Layer
{
    private readonly Weight _scale;

    /// <summary>Creates a layer scale; its parameter is named <c>layer_scale</c>.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="start">What every factor starts from.</param>
    public LayerScale(int channels, double start = 1e-6) =>
        _scale = AddParameter("layer_scale", [channels, 1, 1], Initialize.Constant(start), decays: false);

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        return sizes.Count == 4 && sizes[1] == _scale.Shape[0]
            ? ops.MultiplyInPlace(input, ops.Weight(_scale, input))
            : throw new ArgumentException($"A layer scale over {_scale.Shape[0]} channels can't take a sample of shape "
                + $"{ops.Sample(input)}.", nameof(input));
    }
}
