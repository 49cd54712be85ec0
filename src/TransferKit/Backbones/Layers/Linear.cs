using TorchSharp;

namespace TransferKit;

/// <summary>A linear map of the last dimension, <c>[N, …, In]</c> → <c>[N, …, Out]</c>.</summary>
public sealed class Linear : Layer
{
    private readonly Weight _weight;
    private readonly Weight? _bias;

    /// <summary>Creates a linear layer.</summary>
    /// <param name="from">Inputs.</param>
    /// <param name="to">Outputs.</param>
    /// <param name="bias">Whether a number is added to each output.</param>
    /// <param name="initializer">How the matrix starts; null: PyTorch's default.</param>
    /// <param name="biasInitializer">How the bias starts; null: PyTorch's default, uniform in ±1/√inputs.</param>
    public Linear(int from, int to, bool bias = true, Initializer? initializer = null, Initializer? biasInitializer = null)
    {
        _weight = AddParameter("weight", [to, from], initializer ?? Initialize.Default);
        if (bias)
            _bias = AddParameter("bias", [to], biasInitializer ?? Initialize.Uniform(1 / Math.Sqrt(from)));
    }

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) =>
        torch.nn.functional.linear(input, _weight.Value, _bias?.Value);

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input[^1] == _weight.Shape[1]
        ? input.With(^1, _weight.Shape[0])
        : throw new ArgumentException(
            $"A linear layer of {_weight.Shape[1]} inputs can't take a sample of shape {input}.", nameof(input));

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input) => input.Count * _weight.Shape[0];
}
