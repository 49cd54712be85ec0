namespace TransferKit;

/// <summary>Queries, keys and values by three linear maps of their own, <c>[N, T, F]</c> → <c>[N, T, 3 · F]</c>.</summary>
/// <param name="queries">The map of queries.</param>
/// <param name="keys">The map of keys.</param>
/// <param name="values">The map of values.</param>
internal sealed class SplitProjections(Child queries, Child keys, Child values) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = [queries, keys, values];

    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.Concat(2, [.. Children.Select(child => ops.Run(child.Layer, input))]);
}

/// <summary>
/// The joint map of queries, keys and values whose keys have no bias, <c>[N, T, F]</c> → <c>[N, T, 3 · F]</c> (Bao et al., 2022):
/// a key's bias would add the same to all scores of a query.
/// </summary>
internal sealed class KeyUnbiasedProjection : Layer
{
    private readonly int _features;
    private readonly Linear _matrix;
    private readonly Weight _queries, _values;

    /// <summary>Creates the map; its parameters are named <c>q_bias</c>, <c>v_bias</c> and <c>qkv.weight</c>.</summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="initializer">How the matrix starts; biases start at zero.</param>
    public KeyUnbiasedProjection(int features, Initializer initializer)
    {
        _features = features;
        _queries = AddParameter("q_bias", [features], Initialize.Zeros);
        _values = AddParameter("v_bias", [features], Initialize.Zeros);
        _matrix = new Linear(features, 3 * features, bias: false, initializer);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("qkv", _matrix)];

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var none = ops.Constant(input, new float[_features], _features);
        var bias = ops.Concat(0, ops.Weight(_queries, input), none, ops.Weight(_values, input));
        return ops.Linear(input, ops.Weight(_matrix.Matrix, input), bias);
    }
}

/// <summary>
/// The same with a bias parameter that has room for the keys' biases, which don't count: that of torchvision's Swin V2.
/// </summary>
internal sealed class KeyMaskedProjection : Layer
{
    private readonly float[] _mask;
    private readonly Linear _linear;

    /// <summary>Creates the map; its parameters are named <c>qkv.weight</c> and <c>qkv.bias</c>.</summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="initializer">How the matrix starts; biases start at zero.</param>
    public KeyMaskedProjection(int features, Initializer initializer)
    {
        _mask = [.. Enumerable.Range(0, 3 * features).Select(i => i / features == 1 ? 0f : 1f)];
        _linear = new Linear(features, 3 * features, true, initializer, Initialize.Zeros);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("qkv", _linear)];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var bias = ops.Multiply(ops.Weight(_linear.Bias!, input), ops.Constant(input, _mask, _mask.Length));
        return ops.Linear(input, ops.Weight(_linear.Matrix, input), bias);
    }
}
