namespace TransferKit.Vision;

/// <summary>
/// Memory that threads share while they decode large pictures: who would take more than is left waits until others are done.
/// A picture that takes more than there is has all of it for itself. Thread-safe.
/// </summary>
/// <param name="bytes">How much there is.</param>
internal sealed class DecodingMemory(long bytes)
{
    /// <summary>
    /// Bytes that each thread may take without asking, and keep from picture to picture. Buffers never shrink: after a few large
    /// pictures, idle threads would hold gigabytes for good. This suffices for 12 megapixels that need no turning; for more,
    /// taking memory anew costs little beside decoding.
    /// </summary>
    public const long OfEachThread = 64L << 20;

    private readonly object _gate = new();
    private long _taken;

    /// <summary>Takes memory as soon as it is there. A thread that has some mustn't ask for more.</summary>
    /// <returns>The bytes to give back: all, or none where so few need not be shared.</returns>
    public long Take(long wanted)
    {
        if (wanted <= OfEachThread)
            return 0;
        lock (_gate)
        {
            while (_taken > 0 && _taken + wanted > bytes)
                Monitor.Wait(_gate);
            _taken += wanted;
        }

        return wanted;
    }

    /// <summary>Gives back what was taken, once it is free.</summary>
    public void Return(long taken)
    {
        lock (_gate)
        {
            _taken -= taken;
            Monitor.PulseAll(_gate);
        }
    }
}
