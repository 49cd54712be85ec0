using TorchSharp;

namespace TransferKit;

/// <summary>The images of a dataset on a model's device. What is wrong with a batch is found here, and nowhere behind.</summary>
/// <param name="model">The model.</param>
/// <param name="data">The dataset.</param>
internal sealed class ImageBatches(LiveModel model, Dataset data) : IBatchSource<ImageBatch>
{
    /// <summary>A sample couldn't be read and is left out.</summary>
    public event Action<SkippedSample>? Skipped;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A batch isn't what the model takes; the message says what is wrong.</exception>
    public IEnumerable<ImageBatch> Read(ReadOptions pass, CancellationToken cancellationToken)
    {
        var order = pass.OrderOf(data.Count);
        var (check, missing, place) = (new BatchCheck(model, data), order.ToHashSet(), 0);
        pass = pass with { OnSkipped = Skip };
        foreach (var batch in data.Read(pass, cancellationToken))
        {
            ImageBatch loaded;
            using (batch)
            using (torch.NewDisposeScope())
            {
                check.Require(batch);
                missing.ExceptWith(batch.Indices);
                place = PlaceOf(batch, order, pass.BatchSize, place);
                // Copies, for the batch that they come from is about to go.
                var (images, targets) = (model.PrepareInput(batch.Images), batch.Targets.SendTo(model.Device).alias());
                loaded = new ImageBatch(images.MoveToOuterDisposeScope(), targets.MoveToOuterDisposeScope(), batch.Indices,
                    pass.FirstBatch + place++);
            }
            yield return loaded;
        }
        foreach (var index in missing.ToList())
            Skip(index, reason: null);

        void Skip(int index, Exception? reason)
        {
            if (missing.Remove(index))
                Skipped?.Invoke(new SkippedSample(data, index, reason));
        }
    }

    /// <summary>Which batch of an order the samples are of: the first from the next on that has them.</summary>
    private static int PlaceOf(Batch batch, IReadOnlyList<int> order, int batchSize, int next)
    {
        for (var place = next * batchSize; place < order.Count; place++)
            if (order[place] == batch.Indices[0])
                return place / batchSize;
        return next;
    }
}
