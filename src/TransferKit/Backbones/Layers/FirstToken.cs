using TorchSharp;

namespace TransferKit;

/// <summary>Picks the first token, <c>[N, T, F]</c> → <c>[N, F]</c>: the one that <see cref="ClassToken"/> put there.</summary>
public sealed class FirstToken : Layer
{
    internal override bool MayAlias => true;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => input.select(1, 0);

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input.Rank == 2
        ? new Shape(input[1])
        : throw new ArgumentException($"There are no tokens in a sample of shape {input}.", nameof(input));

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) =>
        graph.Reshape(graph.Slice(input, 1, 0, 1), OnnxValue.Batch, input.Sizes[2]);
}
