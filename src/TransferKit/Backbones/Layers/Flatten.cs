using TorchSharp;

namespace TransferKit;

/// <summary>Puts all values of a sample into one dimension, <c>[N, …]</c> → <c>[N, F]</c>.</summary>
public sealed class Flatten : Layer
{
    internal override bool MayAlias => true;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => input.flatten(1);

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => new(input.Count);

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) =>
        graph.Node("Flatten", [input.Sizes[0], input.Sample.Count], [input], ("axis", 1));
}
