namespace TransferKit;

/// <summary>
/// Multiplies each feature of <c>[N, …, F]</c> by a number that is learned (Touvron et al., 2021), to stand at the end of a
/// residual block's main path.
/// </summary>
internal sealed class FeatureScale : Layer
{
    /// <summary>Creates a feature scale.</summary>
    /// <param name="features">Features, F.</param>
    /// <param name="start">What every factor starts from.</param>
    /// <param name="name">The parameter's name.</param>
    public FeatureScale(int features, double start, string name = "gamma") =>
        Factors = AddParameter(name, [features], Initialize.Constant(start));

    /// <summary><c>[F]</c></summary>
    internal Weight Factors { get; }

    /// <summary>Whether the layer in front has taken the factors over, so that this one hands its input on.</summary>
    internal bool IsFolded { get; set; }

    internal override bool IsIdle => IsFolded;

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        if (ops.Size(input, ^1) != Factors.Count)
            throw new ArgumentException(
                $"A scale of {Factors.Count} features can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        return IsFolded ? input : ops.MultiplyInPlace(input, ops.Weight(Factors, input));
    }
}
