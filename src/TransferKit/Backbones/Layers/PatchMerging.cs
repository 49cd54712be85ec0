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
}
