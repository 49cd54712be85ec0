using TorchSharp;

namespace TransferKit;

/// <summary>Some labelled samples, ready for the network. Owns its tensors.</summary>
/// <param name="images">float32 <c>[N, C, H, W]</c>, normalised, on the CPU.</param>
/// <param name="labels">int64 <c>[N]</c>, each in <c>[0, classes)</c>, on the CPU.</param>
public sealed class Batch(torch.Tensor images, torch.Tensor labels) : IDisposable
{
    /// <summary>float32 <c>[N, C, H, W]</c>, normalised, on the CPU.</summary>
    public torch.Tensor Images { get; } = images;

    /// <summary>int64 <c>[N]</c>, each in <c>[0, classes)</c>, on the CPU.</summary>
    public torch.Tensor Labels { get; } = labels;

    /// <summary>The number of samples, N.</summary>
    public int Count => (int)Images.shape[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }
}
