namespace TransferKit;

/// <summary>
/// Layer normalisation over the last dimension of <c>[N, …, F]</c> (Ba et al., 2016): each vector by its own mean and variance.
/// </summary>
internal sealed class LayerNorm : Layer
{
    private readonly double _epsilon;
    private readonly Weight _weight, _bias;

    /// <summary>Creates a layer normalisation.</summary>
    /// <param name="features">The length of the vectors, F.</param>
    /// <param name="epsilon">Added to the variance before the root.</param>
    public LayerNorm(int features, double epsilon = 1e-5)
    {
        _epsilon = epsilon;
        _weight = AddParameter("weight", [features], Initialize.Ones);
        _bias = AddParameter("bias", [features], Initialize.Zeros);
    }

    internal override bool IsNorm => true;

    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.LayerNorm(input, ops.Weight(_weight), ops.Weight(_bias), _epsilon);
}
