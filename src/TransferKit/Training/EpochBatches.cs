using TorchSharp;

namespace TransferKit;

/// <summary>Which samples an epoch trains on, how they become batches, and batches steps.</summary>
internal sealed class EpochBatches
{
    private readonly LiveModel _model;
    private readonly Dataset _data;
    private readonly TrainingOptions _options;

    public EpochBatches(LiveModel model, TrainingRequest request)
    {
        (_model, _data, _options) = (model, request.Train, request.Options);
        Count = _options.DropLast ? _data.Count / _options.BatchSize : Ceiling(_data.Count, _options.BatchSize);
        Share = _options.Distributed is { Size: > 1 } group
            ? new BatchShare(group.Rank, group.Size, _options.BatchSize, Samples)
            : null;
    }

    /// <summary>Batches of an epoch.</summary>
    public int Count { get; }

    /// <summary>Samples of an epoch.</summary>
    public int Samples => Math.Min(Count * _options.BatchSize, _data.Count);

    /// <summary>Steps of an epoch, the last of which takes the batches that are left.</summary>
    public int Steps => Ceiling(Count, _options.AccumulateBatches);

    /// <summary>The part of each batch that this process takes; null: batches are whole.</summary>
    public BatchShare? Share { get; }

    /// <summary>Which rows of the whole batch this process has; null: all.</summary>
    public BatchRows? RowsOf(LoadedBatch batch) => Share?.RowsOf(batch.Number, batch.Indices.Count);

    /// <summary>Whether a step begins with a batch, counted from 0.</summary>
    public bool BeginsStep(int batch) => batch % _options.AccumulateBatches == 0;

    /// <summary>Whether a step ends with a batch, counted from 0.</summary>
    public bool EndsStep(int batch) => (batch + 1) % _options.AccumulateBatches == 0 || batch + 1 == Count;

    /// <summary>What is left of an epoch, batch by batch; null where none of a batch's samples could be read.</summary>
    /// <param name="read">Those that could.</param>
    /// <param name="firstBatch">How many batches of it are done.</param>
    public IEnumerable<(int Number, FeatureBatch? Batch)> InOrder(IEnumerable<FeatureBatch> read, int firstBatch)
    {
        var next = firstBatch;
        foreach (var batch in read)
        {
            while (next < batch.Number)
                yield return (next++, null);
            yield return (next++, batch);
        }
        while (next < Count)
            yield return (next++, null);
    }

    /// <summary>What is left of an epoch's samples, as training sees them: this process's share of them.</summary>
    /// <param name="epoch">The epoch, counted from 1.</param>
    /// <param name="firstBatch">How many batches of it are done.</param>
    public ReadOptions Read(int epoch, int firstBatch)
    {
        var order = _data.Arrange(
            _options.Sampling.Order(_data.Targets, _options.Seed, epoch), _options.Seed, epoch);
        var done = Math.Min(firstBatch * _options.BatchSize, Samples);
        return new ReadOptions
        {
            Preprocessing = _model.Preprocessing,
            Order = order[done..Samples],
            Earlier = order[..done],
            BatchSize = _options.BatchSize,
            Augment = _options.Augment,
            Seed = _options.Seed,
            Epoch = epoch,
            PinMemory = _model.Device.type == DeviceType.CUDA,
            Workers = _options.Workers,
        }.ShareOf(_options.Distributed, _data.Count);
    }

    private static int Ceiling(int count, int size) => (count + size - 1) / size;
}
