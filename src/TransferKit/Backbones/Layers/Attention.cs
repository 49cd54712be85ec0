using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>
/// Multi-head self-attention over all tokens, <c>[N, T, F]</c> → <c>[N, T, F]</c> (Vaswani et al., 2017), with the parameter
/// names of PyTorch's <c>MultiheadAttention</c>.
/// </summary>
public sealed class Attention : Layer
{
    private readonly int _features, _heads;
    private readonly Weight _weight, _bias;
    private readonly Linear _output;

    /// <summary>Creates a self-attention.</summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <exception cref="ArgumentException">They don't.</exception>
    public Attention(int features, int heads)
    {
        if (features % heads != 0)
            throw new ArgumentException($"{heads} heads don't divide {features} features.", nameof(heads));
        (_features, _heads) = (features, heads);
        _weight = AddParameter("in_proj_weight", [3 * features, features], Initialize.XavierUniform);
        _bias = AddParameter("in_proj_bias", [3 * features], Initialize.Zeros);
        _output = new Linear(features, features, biasInitializer: Initialize.Zeros);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("out_proj", _output)];

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        Watcher?.Invoke(input);
        using var scope = torch.NewDisposeScope();
        var (queries, keys, values) =
            AttentionHeads.Split(functional.linear(input, _weight.For(input), _bias.For(input)), _heads);
        return _output.Forward(AttentionHeads.Attend(queries, keys, values)).MoveToOuterDisposeScope();
    }

    /// <summary>Told of the input when the layer runs, for those who want to know what it attends to.</summary>
    internal Action<torch.Tensor>? Watcher { get; set; }

    /// <summary>How much each token (row) takes from each token (column).</summary>
    /// <param name="input"><c>[N, T, F]</c></param>
    /// <returns><c>[N, heads, T, T]</c>; rows sum to 1.</returns>
    internal torch.Tensor Probabilities(torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        var (queries, keys, _) = AttentionHeads.Split(functional.linear(input, _weight.For(input), _bias.For(input)), _heads);
        var scores = queries.matmul(keys.transpose(2, 3)).Multiply(Math.Sqrt((double)_heads / _features));
        return scores.softmax(3).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input.Rank == 2 && input[1] == _features
        ? _output.OutputShape(input, visit)
        : throw new ArgumentException(
            $"An attention over {_features} features can't take a sample of shape {input}.", nameof(input));

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input) =>
        input[0] * _weight.Count + AttentionHeads.MultiplyAdds(1, input[0], _features);

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var projected = graph.Linear(input, graph.Parameter(_weight), graph.Parameter(_bias));
        var (queries, keys, values) = AttentionHeads.Split(graph, projected, _heads);
        return _output.Emit(graph, AttentionHeads.Attend(graph, queries, keys, values, Math.Sqrt((double)_heads / _features)));
    }
}
