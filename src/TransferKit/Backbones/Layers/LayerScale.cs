using TorchSharp;

namespace TransferKit;

/// <summary>
/// Multiplies each channel of <c>[N, C, H, W]</c> by a number that is learnt (Touvron et al., 2021), to stand at the end of a
/// residual block's main path: starting near zero, it lets the block begin as the identity.
/// </summary>
public sealed class LayerScale : Layer
{
    private readonly Weight _scale;

    /// <summary>Creates a layer scale; its parameter is named <c>layer_scale</c>.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="start">What every factor starts from.</param>
    public LayerScale(int channels, double start = 1e-6) =>
        _scale = AddParameter("layer_scale", [channels, 1, 1], Initialize.Constant(start));

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => input * _scale.For(input);

    /// <inheritdoc/>
    protected internal override torch.Tensor Consume(torch.Tensor input)
    {
        // In training the product may not overwrite its input: the gradient of the scale needs it.
        if (!input.requires_grad && !_scale.Value.requires_grad)
            return input.mul_(_scale.For(input));
        return base.Consume(input);
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input.Rank == 3 && input[0] == _scale.Shape[0]
        ? input
        : throw new ArgumentException(
            $"A layer scale over {_scale.Shape[0]} channels can't take a sample of shape {input}.", nameof(input));

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) => graph.Multiply(input, graph.Parameter(_scale));
}
