using TorchSharp;

namespace TransferKit;

/// <summary>
/// Puts the tokens behind the class token back to where their patches lie in the image,
/// <c>[N, 1 + S · S, F]</c> → <c>[N, F, S, S]</c>, and drops the class token.
/// </summary>
/// <param name="size">Patches along each side of the image, S.</param>
public sealed class PatchMap(int size) : Layer
{
    internal override bool MayAlias => true;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        return input.narrow(1, 1, input.shape[1] - 1).transpose(1, 2).unflatten(2, [size, size]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input.Rank == 2 && input[0] == 1 + size * size
        ? new Shape(input[1], size, size)
        : throw new ArgumentException($"The tokens {input} are not those of {size} × {size} patches.", nameof(input));

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) => graph.Reshape(
        graph.Transpose(graph.Slice(input, 1, 1, size * size), 0, 2, 1), OnnxValue.Batch, input.Sizes[2], size, size);
}
