namespace TransferKit;

/// <summary>
/// Pools tokens by one that is learned, which attends over them, <c>[N, P + T, F]</c> → <c>[N, F]</c> (Lee et al., 2019; Zhai et
/// al., 2022), with the parameter names of timm's <c>AttentionPoolLatent</c>.
/// </summary>
internal sealed class AttentionPool : Layer
{
    private readonly int _features, _heads, _prefix;
    private readonly Weight _latent;
    private readonly Layer _query, _keysAndValues, _output, _then;

    /// <summary>Creates an attention pooling.</summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="prefix">How many of the first tokens aren't attended to, P.</param>
    /// <param name="initializer">How matrices start; biases start at zero.</param>
    /// <param name="norm">The norm in front of the perceptron.</param>
    /// <param name="mlp">The perceptron.</param>
    public AttentionPool(int features, int heads, int prefix, Initializer initializer, Layer norm, Layer mlp)
    {
        AttentionHeads.RequireDivisible(features, heads);
        (_features, _heads, _prefix) = (features, heads, prefix);
        _latent = AddParameter("latent", [1, 1, features], Initialize.TruncatedNormal(1 / Math.Sqrt(features)), decays: false);
        _query = new Linear(features, features, true, initializer, Initialize.Zeros);
        _keysAndValues = new Linear(features, 2 * features, true, initializer, Initialize.Zeros);
        _output = new Linear(features, features, true, initializer, Initialize.Zeros);
        _then = Layers.Residual(Layers.Chain(("norm", norm), ("mlp", mlp)));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("q", _query), ("kv", _keysAndValues), ("proj", _output), _then];

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[1] <= _prefix || sizes[2] != _features)
            throw new ArgumentException(
                $"An attention over {_features} features can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        // One query is made for all images, and stands in front of the tokens to be repeated for each.
        var query = ops.Slice(ops.Prepend(input, ops.Run(_query, ops.Weight(_latent, input))), 1, 0, 1);
        var count = sizes[1] - _prefix;
        var tokens = _prefix == 0 ? input : ops.Slice(input, 1, _prefix, count);
        var parts = ops.Split(ops.Run(_keysAndValues, tokens), 2, _features, _features);
        var attended = ops.Attention(Heads(query, 1), Heads(parts[0], count), Heads(parts[1], count));
        return ops.Reshape(ops.Run(_then, ops.Run(_output, attended)), sizes[0], _features);

        T Heads(T part, long length) => ops.Permute(
            ops.Reshape(part, Operations<T>.Unknown, length, _heads, _features / _heads), 0, 2, 1, 3);
    }
}
