namespace TransferKit.Vision;

/// <summary>
/// Threads that fill batches, several at one batch and in order. Disposing stops and joins them; what they were filling is
/// then no longer touched.
/// </summary>
internal sealed unsafe class LoaderThreads : IDisposable
{
    private readonly ImageSamples _data;
    private readonly Transforms _transforms;
    private readonly ReadOptions _options;
    private readonly Queue<PendingBatch> _waiting = new();
    private readonly object _gate = new();
    private readonly DecodingMemory _memory;
    private readonly Thread[] _threads;
    private PendingBatch? _current;
    private int _nextOffset;
    private bool _stopped;

    public LoaderThreads(ImageSamples data, Transforms transforms, ReadOptions options, int count)
    {
        (_data, _transforms, _options) = (data, transforms, options);
        _memory = new DecodingMemory(data.Options.DecodingMemoryBytes);
        _threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"Image loader {i + 1}" };
            _threads[i].Start();
        }
    }

    /// <summary>Gives the threads a batch to fill.</summary>
    public void Add(PendingBatch batch)
    {
        lock (_gate)
        {
            _waiting.Enqueue(batch);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Blocks until a batch is complete.</summary>
    /// <exception cref="OperationCanceledException">Cancellation came first.</exception>
    public void WaitFor(PendingBatch batch, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.Register(Wake);
        lock (_gate)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (!batch.IsComplete)
            {
                Monitor.Wait(_gate);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
            thread.Join();
    }

    private void Wake()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    private void Work()
    {
        using var reader = new SampleReader(_data.Options, _options.Preprocessing.Channels, _data.Cache, _memory);
        while (Next() is var (batch, offset))
        {
            Exception? failure = null;
            try
            {
                var (index, times) = (batch.Plan.Indices[offset], batch.Plan.Times[offset]);
                var random = new SeededRandom(_options.Seed, _options.Epoch, unchecked(index + times * _data.Count));
                reader.Read(_data.Sources[index], _transforms, random, batch.Slot(offset));
            }
            catch (Exception error)
            {
                // It belongs to the caller's thread, not to this one.
                failure = error;
            }
            lock (_gate)
            {
                batch.Complete(offset, failure);
                if (batch.IsComplete)
                    Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>The next sample to make, or null when the threads are to end.</summary>
    private (PendingBatch Batch, int Offset)? Next()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_stopped)
                    return null;
                if (_current is not null && _nextOffset < _current.Count)
                    return (_current, _nextOffset++);
                if (_waiting.TryDequeue(out _current))
                    _nextOffset = 0;
                else
                    Monitor.Wait(_gate);
            }
        }
    }
}
