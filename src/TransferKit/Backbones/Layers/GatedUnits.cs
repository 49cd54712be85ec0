namespace TransferKit;

/// <summary>
/// Multiplies one half of the features by what a layer makes of the other, <c>[N, …, 2 · F]</c> → <c>[N, …, F]</c>: an activation
/// (Dauphin et al., 2017; Shazeer, 2020), or a projection (Liu et al., 2021).
/// </summary>
/// <param name="gate">The layer; it keeps the shape.</param>
/// <param name="gatesLast">Whether it gets the second half.</param>
internal sealed class GatedUnits(Child gate, bool gatesLast) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = [gate];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes[^1] % 2 != 0)
            throw new ArgumentException($"The features of {ops.Sample(input)} have no two halves.", nameof(input));
        var halves = ops.Split(input, sizes.Count - 1, sizes[^1] / 2, sizes[^1] / 2);
        var (gated, value) = gatesLast ? (halves[1], halves[0]) : (halves[0], halves[1]);
        return ops.MultiplyInPlace(ops.Run(Children[0].Layer, gated), value);
    }
}

/// <summary>
/// Multiplies what one layer makes of the input by what an activation makes of another's output: SwiGLU (Shazeer, 2020) with two
/// matrices of its own.
/// </summary>
/// <param name="gate">The layer whose output is activated.</param>
/// <param name="activation">The activation.</param>
/// <param name="value">The other layer.</param>
internal sealed class GatedLayers(Child gate, ActivationFunction activation, Child value) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = [gate, value];

    protected internal override T Compute<T>(Operations<T> ops, T input) => ops.MultiplyInPlace(
        ops.ActivateInPlace(activation, ops.Run(Children[0].Layer, input)), ops.Run(Children[1].Layer, input));
}
