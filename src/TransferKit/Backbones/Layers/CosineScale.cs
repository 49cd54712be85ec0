namespace TransferKit;

/// <summary>
/// Makes cosines of an attention's scores, times a factor that is learned for each head as its logarithm (Liu et al., 2022):
/// scales the queries <c>[N, heads, T, D]</c>, while <see cref="Operations{T}.Normalize"/> does for the keys.
/// </summary>
internal sealed class CosineScale : Layer
{
    // The paper's: keeps scores from growing until one token takes all.
    private const double LargestFactor = 100;

    private readonly Weight _logarithm;

    /// <summary>Creates a scale; its parameter is named <c>logit_scale</c>.</summary>
    /// <param name="shape">The parameter's shape: a number for each head.</param>
    public CosineScale(params long[] shape) =>
        _logarithm = AddParameter("logit_scale", shape, Initialize.Constant(Math.Log(10)), decays: false);

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var factor = ops.Exp(ops.Minimum(ops.Weight(_logarithm), Math.Log(LargestFactor)));
        // The attention divides by the root of a head's features, which cosines don't want.
        var whole = ops.Cast(ops.Scale(factor, Math.Sqrt(ops.Size(input, 3))), input);
        return ops.Multiply(ops.Normalize(input), ops.Reshape(whole, _logarithm.Count, 1, 1));
    }
}
