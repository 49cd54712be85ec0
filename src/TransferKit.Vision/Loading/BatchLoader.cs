using System.Drawing;
using TorchSharp;

namespace TransferKit.Vision;

/// <summary>Reads samples as batches, keeping threads busy with the next ones while the caller works on one.</summary>
internal sealed class BatchLoader(ImageSamples data, Transforms transforms, ReadOptions options)
{
    private readonly Size _size = transforms.FixedSize;

    private readonly bool _pinned = options.PinMemory && torch.cuda.is_available();

    private readonly int _workers = options.Workers > 0 ? options.Workers : DefaultWorkers;

    /// <summary>
    /// One core is left to the caller, who computes with the batches: a picture takes about a hundredth of the time that training
    /// takes for it on a CPU, and more threads would only interrupt those that compute.
    /// </summary>
    private static int DefaultWorkers => Math.Clamp(Environment.ProcessorCount - 1, 1, 16);

    /// <summary>Reads all batches in order. Threads live from the first batch to the end of the enumeration.</summary>
    public IEnumerable<Batch> Read(CancellationToken cancellationToken)
    {
        var pending = new Queue<PendingBatch>();
        using var planned = options.BatchesOf(data.Count).GetEnumerator();
        var threads = new LoaderThreads(data, transforms, options, _workers);
        try
        {
            while (true)
            {
                while (pending.Count < BatchesAhead && planned.MoveNext())
                {
                    pending.Enqueue(new PendingBatch(
                        planned.Current, data.Targets, _size, options.Preprocessing.Channels, _pinned));
                    threads.Add(pending.Last());
                }

                if (!pending.TryPeek(out var batch))
                    yield break;
                threads.WaitFor(batch, cancellationToken);
                NoteSkipped(batch);
                var finished = batch.Take();
                pending.Dequeue();
                if (finished is not null)
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

    private void NoteSkipped(PendingBatch batch)
    {
        batch.ThrowUnless(failure => failure is ImageException && data.Options.Unreadable == UnreadableImages.Skip);
        foreach (var (offset, failure) in batch.Failures)
            options.OnSkipped?.Invoke(batch.Plan.Indices[offset], failure);
    }

    /// <summary>Enough that every thread has a sample to make while the caller takes a batch.</summary>
    private int BatchesAhead => 2 + _workers / options.BatchSize;
}
