using TorchSharp;

namespace TransferKit;

/// <summary>
/// Multi-head self-attention over all tokens, <c>[N, T, F]</c> → <c>[N, T, F]</c> (Vaswani et al., 2017), with the parameter
/// names of PyTorch's <c>MultiheadAttention</c>.
/// </summary>
internal sealed class Attention : Layer
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
        AttentionHeads.RequireDivisible(features, heads);
        (_features, _heads) = (features, heads);
        _weight = AddParameter("in_proj_weight", [3 * features, features], Initialize.XavierUniform);
        _bias = AddParameter("in_proj_bias", [3 * features], Initialize.Zeros);
        _output = new Linear(features, features, biasInitializer: Initialize.Zeros);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("out_proj", _output)];

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[2] != _features)
            throw new ArgumentException(
                $"An attention over {_features} features can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var (queries, keys, values) = Project(ops, input);
        return ops.Run(_output, ops.Attention(queries, keys, values));
    }

    private (T Queries, T Keys, T Values) Project<T>(Operations<T> ops, T input)
        where T : class => AttentionHeads.Split(
            ops, ops.Linear(input, ops.Weight(_weight, input), ops.Weight(_bias, input)), _heads);

    /// <summary>How much each token (row) takes from each token (column).</summary>
    /// <param name="input"><c>[N, T, F]</c></param>
    /// <returns><c>[N, heads, T, T]</c>; rows sum to 1.</returns>
    internal torch.Tensor Probabilities(torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        var (queries, keys, _) = Project(new TensorOperations(), input);
        var scores = queries.matmul(keys.transpose(2, 3)).Multiply(Math.Sqrt((double)_heads / _features));
        return scores.softmax(3).MoveToOuterDisposeScope();
    }
}
