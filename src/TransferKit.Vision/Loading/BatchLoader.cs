using System.Drawing;

namespace TransferKit.Vision;

/// <summary>Reads samples as batches, keeping threads busy with the next ones while the caller works on one.</summary>
internal sealed class BatchLoader(
    IReadOnlyList<ImageSource> sources, IReadOnlyList<int> labels, Transforms transforms, ReadOptions options)
{
    private readonly Size _size = transforms.OutputSize
        ?? throw new ArgumentException("The transforms must end in a fixed size: add a CenterCrop.", nameof(transforms));

    private readonly int _workers = options.Workers > 0 ? options.Workers : Environment.ProcessorCount;

    /// <summary>Reads all batches in order. Threads live from the first batch to the end of the enumeration.</summary>
    public IEnumerable<Batch> Read(CancellationToken cancellationToken)
    {
        var pending = new Queue<PendingBatch>();
        var threads = new LoaderThreads(sources, transforms, options, _workers);
        try
        {
            var next = 0;
            while (true)
            {
                for (; next < options.Order.Count && pending.Count < BatchesAhead; next += options.BatchSize)
                {
                    pending.Enqueue(Start(next));
                    threads.Add(pending.Last());
                }

                if (!pending.TryPeek(out var batch))
                    yield break;
                threads.WaitFor(batch, cancellationToken);
                var finished = batch.Take();
                pending.Dequeue();
                yield return finished;
            }
        }
        finally
        {
            // The threads must be gone before the memory that they write to.
            threads.Dispose();
            foreach (var batch in pending)
                batch.Dispose();
        }
    }

    /// <summary>Enough that every thread has a sample to make while the caller takes a batch.</summary>
    private int BatchesAhead => 2 + _workers / options.BatchSize;

    private PendingBatch Start(int first)
    {
        var count = Math.Min(options.BatchSize, options.Order.Count - first);
        var batchLabels = new long[count];
        for (var i = 0; i < count; i++)
            batchLabels[i] = labels[options.Order[first + i]];
        return new PendingBatch(first, batchLabels, _size.Height, _size.Width);
    }
}
