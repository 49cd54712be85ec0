using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// Multi-head self-attention within each of many windows, with a learnt bias for every offset between two pixels,
/// <c>[N, G, S · S, F]</c> → <c>[N, G, S · S, F]</c>: the attention of MaxViT (Tu et al., 2022).
/// </summary>
internal sealed class RelativeAttention : Layer
{
    private readonly int _features, _heads, _tokens;
    private readonly Linear _projection, _output;
    private readonly Weight _table;
    private readonly RelativePositionBias _bias;

    /// <summary>Creates an attention within windows.</summary>
    /// <param name="features">Features of a pixel, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="size">Height and width of a window, S, in pixels.</param>
    /// <param name="initializer">How the matrices start; biases start at zero.</param>
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public RelativeAttention(int features, int heads, int size, Initializer initializer)
    {
        AttentionHeads.RequireDivisible(features, heads);
        (_features, _heads, _tokens) = (features, heads, size * size);
        _projection = new Linear(features, 3 * features, true, initializer, Initialize.Zeros);
        _output = new Linear(features, features, true, initializer, Initialize.Zeros);
        _table = AddParameter("relative_position_bias_table",
            [RelativePosition.Offsets(size), heads], Initialize.TruncatedNormal(0.02), decays: false);
        _bias = new RelativePositionBias(
            AddBuffer("relative_position_index", [_tokens, _tokens], RelativePosition.Index(size), ScalarType.Int64), _tokens);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("to_qkv", _projection), ("merge", _output)];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4 || sizes[2] != _tokens || sizes[3] != _features)
            throw new ArgumentException($"An attention over windows of {_tokens} pixels with {_features} features can't take a "
                + $"sample of shape {ops.Sample(input)}.", nameof(input));
        var windows = ops.Run(_projection, ops.Reshape(input, Operations<T>.Unknown, _tokens, _features));
        var (queries, keys, values) = AttentionHeads.Split(ops, windows, _heads);
        var bias = ops.Cast(ops.Run(_bias, ops.Weight(_table)), input);
        // MaxViT divides by the root of all features, and not of a head's alone.
        var attended = ops.Attention(queries, keys, values, bias, 1 / Math.Sqrt(_features));
        return ops.Reshape(ops.Run(_output, attended), [.. sizes]);
    }
}
