namespace TransferKit;

/// <summary>
/// Multi-head attention of queries, keys and values that lie side by side, within each group of tokens by itself,
/// <c>[N, …, T, 3 · F]</c> → <c>[N, …, T, F]</c>.
/// </summary>
internal sealed class GroupAttention : Layer
{
    private readonly int _features, _heads, _tokens;
    private readonly PositionBias _bias;
    private readonly Child _named;

    /// <summary>Creates an attention.</summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="tokens">Tokens of a group, T.</param>
    /// <param name="bias">What is added to the scores.</param>
    /// <param name="name">The name of that; null: its parameters are those of this layer.</param>
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public GroupAttention(int features, int heads, int tokens, PositionBias bias, string? name = null)
    {
        AttentionHeads.RequireDivisible(features, heads);
        (_features, _heads, _tokens, _bias, _named) = (features, heads, tokens, bias, new Child(name, bias));
    }

    /// <summary>What the products of queries and keys are multiplied by; null: one by the root of a head's features.</summary>
    public double? Scale { get; init; }

    /// <summary>
    /// Whether a head's queries, keys and values lie side by side, and not the queries, keys and values of all heads.
    /// </summary>
    public bool HeadsFirst { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [_named];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count < 3 || sizes[^2] != _tokens || sizes[^1] != 3 * _features)
            throw new ArgumentException($"An attention over {_tokens} tokens of {_features} features can't take a sample of "
                + $"shape {ops.Sample(input)}.", nameof(input));
        var groups = sizes.Count == 3 ? input : ops.Reshape(input, Operations<T>.Unknown, _tokens, 3 * _features);
        var (queries, keys, values) = AttentionHeads.Split(ops, groups, _heads, HeadsFirst);
        var attended = ops.Attention(queries, keys, values, ops.Cast(_bias.Of(ops), input), Scale);
        return sizes.Count == 3 ? attended : ops.Reshape(attended, [.. sizes.SkipLast(1), _features]);
    }
}
