namespace TransferKit.Timm;

/// <summary>
/// Attention of the class token alone, which comes first, over all tokens; the others stay as they are,
/// <c>[N, 1 + T, F]</c> → <c>[N, 1 + T, F]</c> (Touvron et al., 2021), with the parameter names of timm's <c>ClassAttn</c>.
/// </summary>
internal sealed class ClassAttention : Layer
{
    private readonly int _features, _heads;
    private readonly Layer _query, _key, _value, _output;

    /// <summary>Creates a class attention.</summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    public ClassAttention(int features, int heads)
    {
        AttentionHeads.RequireDivisible(features, heads);
        (_features, _heads) = (features, heads);
        (_query, _key) = (TransformerParts.Projection(features, features), TransformerParts.Projection(features, features));
        (_value, _output) = (TransformerParts.Projection(features, features), TransformerParts.Projection(features, features));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("q", _query), ("k", _key), ("v", _value), ("proj", _output)];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[2] != _features)
            throw new ArgumentException(
                $"An attention over {_features} features can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var queries = Heads(ops.Run(_query, ops.Slice(input, 1, 0, 1)), 1);
        var attended = ops.Attention(queries, Heads(ops.Run(_key, input), sizes[1]), Heads(ops.Run(_value, input), sizes[1]));
        return ops.Concat(1, ops.Run(_output, attended), ops.Slice(input, 1, 1, sizes[1] - 1));

        T Heads(T part, long length) => ops.Permute(
            ops.Reshape(part, Operations<T>.Unknown, length, _heads, _features / _heads), 0, 2, 1, 3);
    }
}

/// <summary>
/// Runs layers on the first token alone; the others stay as they are, <c>[N, 1 + T, F]</c> → <c>[N, 1 + T, F]</c>.
/// </summary>
/// <param name="layers">The layers, first to last; they keep the shape.</param>
internal sealed class FirstTokenSequence(params IReadOnlyList<Child> layers) : Layer
{
    private readonly Sequence _layers = new(layers);

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => _layers.Children;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var first = ops.Run(_layers, ops.Slice(input, 1, 0, 1));
        return ops.Concat(1, first, ops.Slice(input, 1, 1, ops.Size(input, 1) - 1));
    }
}
