using TorchSharp;

namespace TransferKit;

/// <summary>
/// Multiplies its input by what a path of layers makes of it, <c>x · gate(x)</c>: squeeze-and-excitation (Hu et al., 2018),
/// where the gate is one number a channel.
/// </summary>
/// <param name="children">The gate's layers, first to last; their output broadcasts to the input's shape.</param>
public sealed class Gate(params IReadOnlyList<Child> children) : Layer
{
    private readonly Sequence _gate = new(children);

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => _gate.Children;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        using var gate = _gate.Forward(input);
        return input * gate;
    }

    /// <inheritdoc/>
    protected internal override torch.Tensor Consume(torch.Tensor input)
    {
        using var gate = _gate.Forward(input);
        // In training the product may not overwrite its input: the gradient of the gate needs it.
        var inPlace = !input.requires_grad && !gate.requires_grad;
        var output = inPlace ? input.mul_(gate) : input * gate;
        if (!inPlace)
            input.Dispose();
        return output;
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit)
    {
        var gate = _gate.OutputShape(input, visit);
        if (gate.Rank != input.Rank || Enumerable.Range(0, gate.Rank).Any(i => gate[i] != input[i] && gate[i] != 1))
            throw new ArgumentException($"A gate of shape {gate} doesn't broadcast to {input}.", nameof(input));
        return input;
    }

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) => graph.Multiply(input, _gate.Emit(graph, input));
}
