using TorchSharp;

namespace TransferKit;

/// <summary>A linear map of the last dimension, <c>[N, …, In]</c> → <c>[N, …, Out]</c>.</summary>
public sealed class Linear : Layer
{
    /// <summary>Creates a linear layer.</summary>
    /// <param name="from">Inputs.</param>
    /// <param name="to">Outputs.</param>
    /// <param name="bias">Whether a number is added to each output.</param>
    /// <param name="initializer">How the matrix starts; null: PyTorch's default.</param>
    /// <param name="biasInitializer">How the bias starts; null: PyTorch's default, uniform in ±1/√inputs.</param>
    public Linear(int from, int to, bool bias = true, Initializer? initializer = null, Initializer? biasInitializer = null)
    {
        Matrix = AddParameter("weight", [to, from], initializer ?? Initialize.Default);
        if (bias)
            Bias = AddParameter("bias", [to], biasInitializer ?? Initialize.Uniform(1 / Math.Sqrt(from)));
    }

    /// <summary>The matrix, <c>[Out, In]</c>.</summary>
    internal Weight Matrix { get; }

    /// <summary><c>[Out]</c>, or null.</summary>
    internal Weight? Bias { get; private set; }

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        input = Widen(input);
        return torch.nn.functional.linear(input, Matrix.For(input), Bias?.For(input));
    }

    internal override bool TryAbsorb(Layer next)
    {
        if (next is not BatchNorm norm)
            return false;
        using var scope = torch.NewDisposeScope();
        var (scale, shift) = norm.Fold();
        if (Bias is not null)
            shift = shift.Add(Bias.Value.@double() * scale);
        Bias ??= AddParameter("bias", [Matrix.Shape[0]], Initialize.Zeros);
        Matrix.Take((Matrix.Value.@double() * scale.unsqueeze(1)).to_type(Matrix.Type));
        Bias.Take(shift.to_type(Bias.Type));
        return true;
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input[^1] == Matrix.Shape[1]
        ? input.With(^1, Matrix.Shape[0])
        : throw new ArgumentException(
            $"A linear layer of {Matrix.Shape[1]} inputs can't take a sample of shape {input}.", nameof(input));

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input) => input.Count * Matrix.Shape[0];

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) =>
        graph.Linear(input, graph.Parameter(Matrix), Bias is null ? null : graph.Parameter(Bias));
}
