using TorchSharp;

namespace TransferKit;

/// <summary>Hands its input on.</summary>
public sealed class Identity : Layer
{
    internal override bool MayAlias => true;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => input;

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input;

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) => input;
}
