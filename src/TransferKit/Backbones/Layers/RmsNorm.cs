namespace TransferKit;

/// <summary>
/// Divides each vector of the last dimension of <c>[N, …, F]</c> by the root of its mean square (Zhang and Sennrich, 2019).
/// </summary>
internal sealed class RmsNorm : Layer
{
    private readonly double _epsilon;
    private readonly Weight _weight;

    /// <summary>Creates an RMS norm.</summary>
    /// <param name="features">The length of the vectors, F.</param>
    /// <param name="epsilon">Added to the mean square before the root.</param>
    public RmsNorm(int features, double epsilon)
    {
        _epsilon = epsilon;
        _weight = AddParameter("weight", [features], Initialize.Ones);
    }

    internal override bool IsNorm => true;

    protected internal override T Compute<T>(Operations<T> ops, T input) => ops.RmsNorm(input, ops.Weight(_weight), _epsilon);
}
