namespace TransferKit;

/// <summary>
/// Multiplies by numbers that are learned and adds others, <c>x · scale + shift</c>, which broadcast to the input.
/// </summary>
internal sealed class Affine : Layer
{
    private readonly Weight _scale, _shift;

    /// <summary>Creates an affine map that starts as the identity.</summary>
    /// <param name="scale">The name of the factors.</param>
    /// <param name="shift">The name of what is added.</param>
    /// <param name="shape">The shape of both.</param>
    public Affine(string scale, string shift, params long[] shape)
    {
        _scale = AddParameter(scale, shape, Initialize.Ones, decays: false);
        _shift = AddParameter(shift, shape, Initialize.Zeros, decays: false);
    }

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.AddInPlace(ops.MultiplyInPlace(input, ops.Weight(_scale, input)), ops.Weight(_shift, input));
}
