namespace TransferKit.Vision;

/// <summary>
/// Memory that large pictures share while they are decoded: who finds no room waits, first come, first served; one that is larger
/// than all the room is decoded alone. Safe to use by several threads at once.
/// </summary>
/// <param name="room">Bytes for all that are being decoded.</param>
/// <param name="queueLimit">How many callers may wait who can be refused; null: any number.</param>
internal sealed class DecodingMemory(long room, int? queueLimit = null)
{
    /// <summary>
    /// Bytes that each thread may take without asking, and keep from picture to picture. Buffers never shrink: after a few large
    /// pictures, idle threads would hold gigabytes for good. This suffices for 12 megapixels that need no turning; for more,
    /// taking memory anew costs little beside decoding.
    /// </summary>
    public const long OfEachThread = 64L << 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<Place> _queue = [];
    private long _used;

    /// <summary>Waits for room. Whoever has got it calls <see cref="Leave"/> with the same number.</summary>
    /// <param name="bytes">What decoding takes, at least 0.</param>
    /// <param name="canBeRefused">Whether a full queue is an error; if not, the caller waits all the same.</param>
    /// <param name="cancellationToken">Ends the waiting with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="PredictorBusyException">The queue is full.</exception>
    public Task EnterAsync(long bytes, bool canBeRefused, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_queue.Count == 0 && Fits(bytes))
            {
                _used += bytes;
                return Task.CompletedTask;
            }
            if (canBeRefused && _queue.Count >= queueLimit)
                throw new PredictorBusyException(_queue.Count);
            var place = _queue.AddLast(new Place(bytes, new(TaskCreationOptions.RunContinuationsAsynchronously)));
            // Who blocks waits for this very task, whose end no thread of the pool has to bring: they may all be waiting.
            return cancellationToken.CanBeCanceled ? WaitAsync(place, cancellationToken) : place.Value.Admitted.Task;
        }
    }

    /// <summary>
    /// Waits for room on this thread, which mustn't have any yet, unless it needs so little that it need not ask.
    /// </summary>
    /// <returns>What to <see cref="Leave"/> with: the bytes, or 0.</returns>
    public long Enter(long bytes)
    {
        if (bytes <= OfEachThread)
            return 0;
        EnterAsync(bytes, canBeRefused: false).GetAwaiter().GetResult();
        return bytes;
    }

    /// <summary>Gives room back.</summary>
    public void Leave(long bytes)
    {
        lock (_gate)
        {
            _used -= bytes;
            AdmitNext();
        }
    }

    private bool Fits(long bytes) => _used == 0 || _used + bytes <= room;

    private void AdmitNext()
    {
        while (_queue.First is { Value: var next } && Fits(next.Bytes))
        {
            _queue.RemoveFirst();
            _used += next.Bytes;
            next.Admitted.SetResult();
        }
    }

    private async Task WaitAsync(LinkedListNode<Place> place, CancellationToken cancellationToken)
    {
        using var withdrawal = cancellationToken.Register(() => Withdraw(place, cancellationToken));
        await place.Value.Admitted.Task.ConfigureAwait(false);
    }

    private void Withdraw(LinkedListNode<Place> place, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (place.List is null)
                return;
            _queue.Remove(place);
            AdmitNext();
        }
        place.Value.Admitted.SetCanceled(cancellationToken);
    }

    private sealed record Place(long Bytes, TaskCompletionSource Admitted);
}
