using TorchSharp;

namespace TransferKit;

/// <summary>
/// Multi-head self-attention over all tokens, <c>[N, T, F]</c> → <c>[N, T, F]</c> (Vaswani et al., 2017).
/// </summary>
internal sealed class Attention : Layer
{
    private readonly int _features, _heads;
    private readonly Child _projection, _output;

    /// <summary>Creates a self-attention with the parameter names of PyTorch's <c>MultiheadAttention</c>.</summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <exception cref="ArgumentException">They don't.</exception>
    public Attention(int features, int heads)
        : this(features, heads, new InProjection(features),
            ("out_proj", new Linear(features, features, biasInitializer: Initialize.Zeros)))
    {
    }

    /// <summary>Creates a self-attention of its parts.</summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="projection">Makes queries, keys and values, <c>[N, T, F]</c> → <c>[N, T, 3 · F]</c>.</param>
    /// <param name="output">What the heads' results go through, <c>[N, T, F]</c> → <c>[N, T, F]</c>.</param>
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public Attention(int features, int heads, Child projection, Child output)
    {
        AttentionHeads.RequireDivisible(features, heads);
        (_features, _heads, _projection, _output) = (features, heads, projection, output);
    }

    /// <summary>Normalizes the queries of each head, over F / heads features; null: nothing does.</summary>
    public Child? QueryNorm { get; init; }

    /// <summary>Normalizes the keys of each head; null: nothing does.</summary>
    public Child? KeyNorm { get; init; }

    /// <summary>Normalizes what the heads give, in front of the output (Wang et al., 2022); null: nothing does.</summary>
    public Child? OutputNorm { get; init; }

    /// <summary>Turns queries and keys by their position; null: nothing does.</summary>
    public RotaryEmbedding? Rotation { get; init; }

    /// <summary>Is added to the scores; null: nothing is.</summary>
    public PositionBias? Bias { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children
    {
        get
        {
            Child?[] between = [Bias is null ? default(Child?) : new Child(null, Bias), QueryNorm, KeyNorm, OutputNorm];
            return [_projection, .. between.OfType<Child>(), _output];
        }
    }

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[2] != _features)
            throw new ArgumentException(
                $"An attention over {_features} features can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var (queries, keys, values) = Project(ops, input);
        var bias = Bias is null ? null : ops.Cast(Bias.Of(ops), input);
        var attended = Norm(ops, OutputNorm, ops.Attention(queries, keys, values, bias));
        return ops.Run(_output.Layer, attended);
    }

    internal override bool TryFuse(Layer next) => _output.Layer.TryFuse(next);

    private (T Queries, T Keys, T Values) Project<T>(Operations<T> ops, T input)
        where T : class
    {
        var (queries, keys, values) = AttentionHeads.Split(ops, ops.Run(_projection.Layer, input), _heads);
        (queries, keys) = (Norm(ops, QueryNorm, queries), Norm(ops, KeyNorm, keys));
        if (Rotation is not null)
            (queries, keys) = Rotation.Turn(ops, queries, keys);
        return (queries, keys, values);
    }

    private static T Norm<T>(Operations<T> ops, Child? norm, T value)
        where T : class => norm is { } child ? ops.Run(child.Layer, value) : value;

    /// <summary>How much each token (row) takes from each token (column).</summary>
    /// <param name="input"><c>[N, T, F]</c></param>
    /// <returns><c>[N, heads, T, T]</c>; rows sum to 1.</returns>
    internal torch.Tensor Probabilities(torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        var ops = new TensorOperations();
        var (queries, keys, _) = Project(ops, input);
        var scores = queries.matmul(keys.transpose(2, 3)).Multiply(Math.Sqrt((double)_heads / _features));
        if (Bias is not null)
            scores = TensorArithmetic.Add(scores, Bias.Of(ops));
        return scores.softmax(3).MoveToOuterDisposeScope();
    }

    /// <summary>The joint projection, with its parameters directly in the attention.</summary>
    private sealed class InProjection : Layer
    {
        private readonly Weight _weight, _bias;

        public InProjection(int features)
        {
            _weight = AddParameter("in_proj_weight", [3 * features, features], Initialize.XavierUniform);
            _bias = AddParameter("in_proj_bias", [3 * features], Initialize.Zeros);
        }

        internal override bool HoldsReduced => true;

        protected internal override T Compute<T>(Operations<T> ops, T input) =>
            ops.Linear(input, ops.Weight(_weight, input), ops.Weight(_bias, input), activation: null);
    }
}
