using TorchSharp;

namespace TransferKit;

/// <summary>Some samples with their targets, ready for the network. Owns its tensors.</summary>
/// <param name="images">float32 <c>[N, C, H, W]</c>, normalized, on the CPU, in any memory layout.</param>
/// <param name="targets">int64 <c>[N]</c> or float32 <c>[N, outputs]</c>, see <see cref="Targets"/>.</param>
/// <param name="indices">Where the samples lie in their dataset, N positions.</param>
public sealed class Batch(torch.Tensor images, torch.Tensor targets, IReadOnlyList<int> indices) : IDisposable
{
    /// <summary>
    /// float32 <c>[N, C, H, W]</c>, normalized, on the CPU. The channels of a pixel may lie side by side in memory (channels
    /// last), which is how networks run fastest.
    /// </summary>
    public torch.Tensor Images { get; } = images;

    /// <summary>
    /// int64 <c>[N]</c>, each in <c>[0, classes)</c>, for <see cref="LearningTask.Classification"/>; else float32
    /// <c>[N, outputs]</c>. On the CPU.
    /// </summary>
    public torch.Tensor Targets { get; } = targets;

    /// <summary>
    /// Where the samples lie in their dataset, N positions: those of <see cref="ReadOptions.Order"/>, without samples that
    /// were skipped.
    /// </summary>
    public IReadOnlyList<int> Indices { get; } = indices;

    /// <summary>The number of samples, N.</summary>
    public int Count => (int)Images.shape[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Targets.Dispose();
    }
}
