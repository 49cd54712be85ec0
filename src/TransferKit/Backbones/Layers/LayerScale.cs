namespace TransferKit;

/// <summary>
/// Multiplies each channel of <c>[N, C, H, W]</c> by a number that is learned (Touvron et al., 2021), to stand at the end of a
/// residual block's main path: starting near zero, it lets the block begin as the identity.
/// </summary>
internal sealed class LayerScale : Layer
{
    /// <summary>Creates a layer scale as torchvision has it: its parameter is <c>layer_scale</c>, <c>[C, 1, 1]</c>.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="start">What every factor starts from.</param>
    public LayerScale(int channels, double start = 1e-6)
        : this("layer_scale", [channels, 1, 1], start)
    {
    }

    private LayerScale(string name, long[] shape, double start) =>
        Factors = AddParameter(name, shape, Initialize.Constant(start), decays: false);

    /// <summary><c>[C]</c> or <c>[C, 1, 1]</c></summary>
    internal Weight Factors { get; }

    /// <summary>Creates a layer scale as timm has it: its parameter is a vector, <c>[C]</c>.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="start">What every factor starts from.</param>
    /// <param name="name">The parameter's name.</param>
    public static LayerScale OfVector(int channels, double start, string name = "gamma") => new(name, [channels], start);

    /// <summary>The same, with a parameter of shape <c>[C, 1, 1]</c>.</summary>
    /// <inheritdoc cref="LayerScale(int, double)"/>
    public static LayerScale OfMap(int channels, double start) => new("gamma", [channels, 1, 1], start);

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4 || sizes[1] != Factors.Count)
            throw new ArgumentException(
                $"A layer scale over {Factors.Count} channels can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var scale = ops.Weight(Factors, input);
        return ops.MultiplyInPlace(input, Factors.Shape.Count == 1 ? ops.Reshape(scale, Factors.Count, 1, 1) : scale);
    }
}
