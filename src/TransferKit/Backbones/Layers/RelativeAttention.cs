using TorchSharp;

namespace TransferKit;

/// <summary>
/// Multi-head self-attention within each of many windows, with a learnt bias for every offset between two pixels,
/// <c>[N, G, S · S, F]</c> → <c>[N, G, S · S, F]</c>: the attention of MaxViT (Tu et al., 2022).
/// </summary>
public sealed class RelativeAttention : Layer
{
    private readonly int _features, _heads, _tokens;
    private readonly Linear _projection, _output;
    private readonly Weight _table, _index;

    /// <summary>Creates an attention within windows.</summary>
    /// <param name="features">Features of a pixel, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="size">Height and width of a window, S, in pixels.</param>
    /// <param name="initializer">How the matrices start; biases start at zero.</param>
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public RelativeAttention(int features, int heads, int size, Initializer initializer)
    {
        if (features % heads != 0)
            throw new ArgumentException($"{heads} heads don't divide {features} features.", nameof(heads));
        (_features, _heads, _tokens) = (features, heads, size * size);
        _projection = new Linear(features, 3 * features, true, initializer, Initialize.Zeros);
        _output = new Linear(features, features, true, initializer, Initialize.Zeros);
        _table = AddParameter("relative_position_bias_table",
            [RelativePosition.Offsets(size), heads], Initialize.TruncatedNormal(0.02));
        _index = AddBuffer("relative_position_index",
            [_tokens, _tokens], RelativePosition.Index(size), torch.ScalarType.Int64);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("to_qkv", _projection), ("merge", _output)];

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        var (queries, keys, values) = AttentionHeads.Split(_projection.Forward(input.flatten(0, 1)), _heads);
        var bias = RelativePosition.Bias(_table.For(input), _index.Value, _tokens).unsqueeze(0);
        // MaxViT divides by the root of all features, and not of a head's alone.
        var attended = AttentionHeads.Attend(queries.Multiply(Math.Sqrt(1.0 / _heads)), keys, values, bias);
        return _output.Forward(attended).view(input.shape).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit)
    {
        if (input.Rank != 3 || input[1] != _tokens || input[2] != _features)
            throw new ArgumentException(
                $"An attention over windows of {_tokens} pixels with {_features} features can't take a sample of shape {input}.",
                nameof(input));
        _projection.OutputShape(input, visit);
        return _output.OutputShape(input, visit);
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input) => AttentionHeads.MultiplyAdds(input[0], _tokens, _features);

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var windows = _projection.Emit(graph, graph.Reshape(input, OnnxValue.Batch, _tokens, _features));
        var (queries, keys, values) = AttentionHeads.Split(graph, windows, _heads);
        using var bias = RelativePosition.Bias(_table.Value, _index.Value, _tokens).unsqueeze(0);
        var attended = AttentionHeads.Attend(
            graph, queries, keys, values, Math.Sqrt(1.0 / _features), graph.Constant(bias));
        return graph.Reshape(_output.Emit(graph, attended), [.. input.Sizes]);
    }
}
