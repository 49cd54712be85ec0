using TorchSharp;

namespace TransferKit;

/// <summary>
/// Puts the features of 2 × 2 pixels side by side, <c>[N, H, W, F]</c> → <c>[N, ⌈H / 2⌉, ⌈W / 2⌉, 4 · F]</c>
/// (Liu et al., 2021): down, then to the right. A side of odd length is padded with zeros.
/// </summary>
public sealed class PatchMerging : Layer
{
    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        var (height, width) = (input.shape[1], input.shape[2]);
        var even = (height | width) % 2 == 0 ? input : torch.nn.functional.pad(input, [0, 0, 0, width % 2, 0, height % 2]);
        return even.unflatten(2, [-1, 2]).unflatten(1, [-1, 2]).permute(0, 1, 3, 4, 2, 5).flatten(3).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input.Rank == 3
        ? new Shape((input[0] + 1) / 2, (input[1] + 1) / 2, 4 * input[2])
        : throw new ArgumentException($"Patches can't be merged in a sample of shape {input}.", nameof(input));

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var (height, width, features) = (input.Sizes[1], input.Sizes[2], input.Sizes[3]);
        var even = (height | width) % 2 == 0 ? input : graph.Pad(input, [0, 0, 0, 0], [0, height % 2, width % 2, 0]);
        var (rows, columns) = ((height + 1) / 2, (width + 1) / 2);
        var cut = graph.Transpose(graph.Reshape(even, OnnxValue.Batch, rows, 2, columns, 2, features), 0, 1, 3, 4, 2, 5);
        return graph.Reshape(cut, OnnxValue.Batch, rows, columns, 4 * features);
    }
}
