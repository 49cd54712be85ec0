using TorchSharp;

namespace TransferKit;

/// <summary>
/// How images lie in memory. Channels last means that the channels of a pixel lie side by side: sizes stay
/// <c>[N, C, H, W]</c> and so do the numbers, but convolutions run without reordering, several times as fast where they are
/// depthwise.
/// </summary>
internal static class MemoryLayout
{
    /// <summary>A tensor in that layout; the tensor itself where it has no pixels or lies so already.</summary>
    public static torch.Tensor ChannelsLast(torch.Tensor tensor)
    {
        if (tensor.dim() != 4)
            return tensor;
        using var pixelsFirst = tensor.permute(0, 2, 3, 1);
        using var packed = pixelsFirst.contiguous();
        return packed.permute(0, 3, 1, 2);
    }
}
