namespace TransferKit.Timm;

/// <summary>
/// Attention of features over features, by how they vary together among the tokens, <c>[N, T, F]</c> → <c>[N, T, F]</c> (El-Nouby
/// et al., 2021), with the parameter names of timm's <c>XCA</c>. Its cost grows with the tokens and not with their square.
/// </summary>
internal sealed class CrossCovarianceAttention : Layer
{
    private readonly int _features, _heads;
    private readonly Weight _temperature;
    private readonly Layer _projection, _output;

    /// <summary>Creates an attention.</summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    public CrossCovarianceAttention(int features, int heads)
    {
        AttentionHeads.RequireDivisible(features, heads);
        (_features, _heads) = (features, heads);
        _temperature = AddParameter("temperature", [heads, 1, 1], Initialize.Ones, decays: false);
        _projection = TransformerParts.Projection(features, 3 * features);
        _output = TransformerParts.Projection(features, features);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("qkv", _projection), ("proj", _output)];

    internal override bool HoldsReduced => true;

    internal override bool TryFuse(Layer next) => _output.TryFuse(next);

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[2] != _features)
            throw new ArgumentException(
                $"An attention over {_features} features can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var (tokens, width) = (sizes[1], _features / _heads);
        var parts = ops.Split(ops.Run(_projection, input), 2, _features, _features, _features);
        var queries = ops.MultiplyInPlace(ops.Normalize(Features(parts[0])), ops.Weight(_temperature, input));
        var attended = ops.Attention(queries, ops.Normalize(Features(parts[1])), Features(parts[2]), scale: 1);
        // [N, F / heads, heads · T]: the attention took features for tokens.
        var joined = ops.Permute(ops.Reshape(attended, sizes[0], width, _heads, tokens), 0, 3, 2, 1);
        return ops.Run(_output, ops.Reshape(joined, sizes[0], tokens, _features));

        T Features(T part) => ops.Permute(ops.Reshape(part, sizes[0], tokens, _heads, width), 0, 2, 3, 1);
    }
}
