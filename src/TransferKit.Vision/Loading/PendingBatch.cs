using System.Drawing;
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
    private readonly Targets _targets;
    private readonly float* _data;
    private readonly long _sampleLength;
    private readonly SortedList<int, Exception> _failures = [];
    private int _remaining;

    /// <param name="plan">Its samples.</param>
    /// <param name="targets">The targets of the whole dataset.</param>
    /// <param name="size">The size of a sample, in pixels.</param>
    /// <param name="channels">Channels of a sample.</param>
    /// <param name="pinned">Whether it lies in page-locked memory, which takes CUDA.</param>
    public PendingBatch(PlannedBatch plan, Targets targets, Size size, int channels, bool pinned)
    {
        (Plan, _targets, _remaining) = (plan, targets, plan.Indices.Length);
        _sampleLength = (long)channels * size.Height * size.Width;
        // Channels last, as networks run fastest: they need not copy the batch into that layout.
        using var pixels = Allocate([Count, size.Height, size.Width, channels], pinned);
        _images = pixels.permute(0, 3, 1, 2).DetachFromDisposeScope();
        _data = (float*)NativeAddress(pixels);
    }

    /// <summary>Its samples.</summary>
    public PlannedBatch Plan { get; }

    /// <summary>The number of samples.</summary>
    public int Count => Plan.Indices.Length;

    /// <summary>Whether every sample has been written or has failed. To be read and changed under the workers' lock.</summary>
    public bool IsComplete => _remaining == 0;

    /// <summary>Why samples failed, by their place in the batch. To be read once the batch is complete.</summary>
    public IReadOnlyDictionary<int, Exception> Failures => _failures;

    /// <summary>Where a sample goes: float32 <c>[H, W, channels]</c>.</summary>
    public float* Slot(int offset) => _data + offset * _sampleLength;

    /// <summary>Notes that a sample has been written, or why it was not.</summary>
    public void Complete(int offset, Exception? failure)
    {
        _remaining--;
        if (failure is not null)
            _failures.Add(offset, failure);
    }

    /// <summary>Throws the exception of the first sample, in order, that failed in a way that must not be skipped.</summary>
    public void ThrowUnless(Func<Exception, bool> maySkip)
    {
        foreach (var failure in _failures.Values)
        {
            if (!maySkip(failure))
                ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>
    /// The finished batch, without the samples that failed; null if nothing is left. The batch owns the memory.
    /// </summary>
    public Batch? Take()
    {
        if (_failures.Count == 0)
            return new Batch(_images, _targets.ToTensor(Plan.Indices), Plan.Indices);
        using (_images)
        {
            var kept = Enumerable.Range(0, Count).Where(offset => !_failures.ContainsKey(offset)).ToArray();
            if (kept.Length == 0)
                return null;
            for (var place = 0; place < kept.Length; place++)
                Buffer.MemoryCopy(Slot(kept[place]), Slot(place), _sampleLength * sizeof(float), _sampleLength * sizeof(float));
            var indices = kept.Select(offset => Plan.Indices[offset]).ToArray();
            return new Batch(_images.narrow(0, 0, kept.Length).DetachFromDisposeScope(), _targets.ToTensor(indices), indices);
        }
    }

    public void Dispose() => _images.Dispose();

    private static torch.Tensor Allocate(long[] shape, bool pinned)
    {
        var memory = torch.empty(shape, torch.float32);
        if (!pinned)
            return memory;
        using (memory)
        {
            // TorchSharp can only copy into page-locked memory, and a copy brings as much room as reaches from its first to its
            // last value: so no more than those two are copied.
            using var ends = memory.as_strided([2], [memory.numel() - 1]);
            using var room = ends.pin_memory();
            return room.as_strided(shape, memory.stride());
        }
    }

    /// <summary>The address of a CPU tensor's first element, which stays where it is as long as a view of it lives.</summary>
    private static void* NativeAddress(torch.Tensor tensor)
    {
        fixed (byte* start = tensor.bytes)
            return start;
    }
}
