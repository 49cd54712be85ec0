using TorchSharp;

namespace TransferKit;

/// <summary>Some samples of a pass with their targets, on the model's device. Owns its tensors.</summary>
/// <param name="values">What there is of the samples, <c>[N, …]</c>.</param>
/// <param name="targets">Their targets.</param>
/// <param name="indices">Where they lie in their dataset, N positions.</param>
/// <param name="number">Which batch of its epoch it is, counted from 0.</param>
internal abstract class LoadedBatch(torch.Tensor values, torch.Tensor targets, IReadOnlyList<int> indices, int number)
    : IDisposable
{
    /// <summary>
    /// As <see cref="Batch.Targets"/>, but on the device; of samples that are mixed float32 <c>[N, outputs]</c> in any case.
    /// </summary>
    public torch.Tensor Targets { get; } = targets;

    /// <summary>Where the samples lie in their dataset, N positions.</summary>
    public IReadOnlyList<int> Indices { get; } = indices;

    /// <summary>Which batch of its epoch it is, counted from 0.</summary>
    public int Number { get; } = number;

    /// <summary>What there is of the samples, <c>[N, …]</c>.</summary>
    protected torch.Tensor Values { get; } = values;

    public void Dispose()
    {
        Values.Dispose();
        Targets.Dispose();
    }
}

/// <summary>Images.</summary>
internal sealed class ImageBatch(torch.Tensor images, torch.Tensor targets, IReadOnlyList<int> indices, int number)
    : LoadedBatch(images, targets, indices, number)
{
    /// <summary>float32 <c>[N, C, H, W]</c>, normalized, channels last in memory.</summary>
    public torch.Tensor Images => Values;
}

/// <summary>What the frozen layers make of images.</summary>
internal sealed class FeatureBatch(torch.Tensor features, torch.Tensor targets, IReadOnlyList<int> indices, int number)
    : LoadedBatch(features, targets, indices, number)
{
    /// <summary>What the first layer that trains takes, <c>[N, …]</c> in the model's compute type.</summary>
    public torch.Tensor Features => Values;
}
