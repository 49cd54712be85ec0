namespace TransferKit;

/// <summary>
/// Layer normalization over the last dimension of <c>[N, …, F]</c> (Ba et al., 2016): each vector by its own mean and variance.
/// </summary>
internal sealed class LayerNorm : Layer
{
    private readonly double _epsilon;
    private readonly Weight _weight;
    private readonly Weight? _bias;

    /// <summary>Creates a layer normalization.</summary>
    /// <param name="features">The length of the vectors, F.</param>
    /// <param name="epsilon">Added to the variance before the root.</param>
    /// <param name="bias">Whether a number is added to each feature at the end.</param>
    /// <param name="scale">How the scale starts; null: ones.</param>
    public LayerNorm(int features, double epsilon = 1e-5, bool bias = true, Initializer? scale = null)
    {
        _epsilon = epsilon;
        _weight = AddParameter("weight", [features], scale ?? Initialize.Ones);
        _bias = bias ? AddParameter("bias", [features], Initialize.Zeros) : null;
    }

    internal override bool IsNorm => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var scale = ops.Weight(_weight);
        var shift = _bias is null ? ops.Constant(scale, new float[_weight.Count], _weight.Count) : ops.Weight(_bias);
        return ops.LayerNorm(input, scale, shift, _epsilon);
    }
}
