using System.Runtime.InteropServices;
using System.Runtime.ExceptionServices;
using TorchSharp;

namespace TransferKit.Vision;

/// <summary>
/// A batch that is being filled: workers write samples straight into the memory of its tensor. Made and given out on the
/// caller's thread, as TorchSharp's dispose scopes belong to threads; detached from them, since it is given away.
/// </summary>
internal sealed unsafe class PendingBatch : IDisposable
{
    private readonly torch.Tensor _images;
    private readonly torch.Tensor _labels;
    private readonly float* _data;
    private readonly long _sampleLength;
    private int _remaining;
    private (int Offset, ExceptionDispatchInfo Exception)? _failure;

    /// <param name="first">The position of its first sample in the order of reading.</param>
    /// <param name="labels">The labels of its samples.</param>
    /// <param name="height">Height of a sample, in pixels.</param>
    /// <param name="width">Width of a sample, in pixels.</param>
    public PendingBatch(int first, long[] labels, int height, int width)
    {
        First = first;
        Count = _remaining = labels.Length;
        _sampleLength = 3L * height * width;
        _images = torch.empty([Count, 3, height, width], torch.float32).DetachFromDisposeScope();
        _labels = torch.tensor(labels, torch.int64).DetachFromDisposeScope();
        _data = (float*)NativeAddress(_images);
    }

    /// <summary>The position of the first sample in the order of reading.</summary>
    public int First { get; }

    /// <summary>The number of samples.</summary>
    public int Count { get; }

    /// <summary>Whether every sample has been written or has failed. To be read and changed under the workers' lock.</summary>
    public bool IsComplete => _remaining == 0;

    /// <summary>Where a sample goes: float32 <c>[3, H, W]</c>.</summary>
    public float* Slot(int offset) => _data + offset * _sampleLength;

    /// <summary>Notes that a sample has been written, or why it was not.</summary>
    public void Complete(int offset, Exception? failure)
    {
        _remaining--;
        // Of several failures the first in order counts, whichever thread was faster.
        if (failure is not null && (_failure is null || offset < _failure.Value.Offset))
            _failure = (offset, ExceptionDispatchInfo.Capture(failure));
    }

    /// <summary>The finished batch, which now owns the tensors; or the exception of its first sample that failed.</summary>
    public Batch Take()
    {
        _failure?.Exception.Throw();
        return new Batch(_images, _labels);
    }

    public void Dispose()
    {
        _images.Dispose();
        _labels.Dispose();
    }

    /// <summary>The address of a CPU tensor's first element, which stays where it is as long as the tensor lives.</summary>
    private static void* NativeAddress(torch.Tensor tensor)
    {
        fixed (byte* start = tensor.bytes)
            return start;
    }
}
