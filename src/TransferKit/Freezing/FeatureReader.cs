using TorchSharp;

namespace TransferKit;

/// <summary>
/// Reads samples as the trainable layers see them: images that went through the frozen layers, or what was kept of them.
/// </summary>
internal sealed class FeatureReader : IDisposable
{
    private readonly LiveModel _model;
    private readonly FrozenPrefix _prefix;
    private readonly Dataset _data;
    private readonly int _views;
    private readonly Mix? _mix;
    private readonly SmallBatches _small;
    private FeatureStore? _store;
    private bool _isFull;

    /// <param name="model">The model.</param>
    /// <param name="prefix">Its frozen layers.</param>
    /// <param name="data">The samples.</param>
    /// <param name="views">How many views of a sample are kept: 1 where all are the same, 0 to keep none.</param>
    /// <param name="mix">How samples of a batch are mixed, which leaves nothing to keep; null: they aren't.</param>
    public FeatureReader(LiveModel model, FrozenPrefix prefix, Dataset data, int views, Mix? mix = null)
    {
        (_model, _prefix, _data, _mix) = (model, prefix, data, mix);
        _small = new SmallBatches(model.Network, prefix.Frozen);
        _views = prefix.HasWeights && prefix.IsConstant && mix is null ? views : 0;
    }

    /// <summary>Whether <see cref="Fill"/> has been called.</summary>
    public bool IsTried { get; private set; }

    /// <summary>Views that are kept of each sample; 0: none.</summary>
    public int KeptViews => _isFull ? _views : 0;

    /// <summary>The room that kept features take, in bytes.</summary>
    public long Bytes => _store?.Bytes ?? 0;

    /// <summary>Whether they lie in a file.</summary>
    public bool IsFile => _store?.IsFile ?? false;

    /// <summary>How often a sample's features didn't have to be computed, as they were kept.</summary>
    public long Saved { get; private set; }

    /// <summary>The number of views, of all samples, that <see cref="Fill"/> computes.</summary>
    public int Count => _views * _data.Count;

    /// <summary>Computes the features of all views of all samples, if they shall be kept and there is room.</summary>
    /// <param name="read">How the samples are read; its order and epoch don't matter.</param>
    /// <param name="options">How much room there is.</param>
    /// <param name="used">Bytes of memory that other kept features take.</param>
    /// <param name="onBatch">Told how many more are done.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public void Fill(ReadOptions read, FeatureCacheOptions options, long used, Action<int> onBatch,
        CancellationToken cancellationToken)
    {
        IsTried = true;
        for (var view = 0; view < _views; view++)
        {
            var order = read with { Order = [.. Enumerable.Range(0, _data.Count)], Earlier = [], Epoch = view };
            foreach (var batch in Compute(order, firstStep: 0, cancellationToken))
            {
                using (batch)
                {
                    _store ??= FeatureStore.TryCreate((long)_views * _data.Count, batch.Images, options, used);
                    if (_store is null)
                        return;
                    _store.Put([.. batch.Indices.Select(index => Slot(index, view))], batch.Images);
                }
                Saved -= batch.Indices.Count;
                onBatch(batch.Indices.Count);
            }
        }
        _isFull = _store is not null;
    }

    /// <summary>
    /// Reads features as batches whose <see cref="Batch.Images"/> are what the first layer that trains takes, on the model's
    /// device. Batches of which no sample could be read don't come; <see cref="Batch.Number"/> counts them.
    /// </summary>
    /// <param name="options">What to read and how.</param>
    /// <param name="firstStep">The number of the first batch in its epoch.</param>
    /// <param name="cancellationToken">Ends the reading with <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<Batch> Read(ReadOptions options, int firstStep, CancellationToken cancellationToken) =>
        _isFull ? ReadCached(options, firstStep, cancellationToken) : Compute(options, firstStep, cancellationToken);

    public void Dispose() => _store?.Dispose();

    private IEnumerable<Batch> Compute(ReadOptions options, int firstStep, CancellationToken cancellationToken)
    {
        var order = options.OrderOf(_data.Count);
        var number = 0;
        foreach (var batch in _data.ReadFor(_model, options, cancellationToken))
        {
            using (batch)
            {
                number = NumberOf(batch, order, options.BatchSize, number);
                yield return Compute(batch, options, firstStep + number++);
            }
        }
    }

    /// <summary>Which batch of an order the samples are of: the first from the next on that has them.</summary>
    private static int NumberOf(Batch batch, IReadOnlyList<int> order, int batchSize, int next)
    {
        for (var place = next * batchSize; place < order.Count; place++)
            if (order[place] == batch.Indices[0])
                return place / batchSize;
        return next;
    }

    private Batch Compute(Batch batch, ReadOptions options, int number)
    {
        using var scope = torch.NewDisposeScope();
        var random = new SeededRandom(options.Seed, options.Epoch, number);
        // Frozen layers that follow training may be random, and mustn't draw what those behind them do.
        using var source = RandomSource.Seeded(options.Seed, options.Epoch, ~number);
        var (images, targets) = (_model.PrepareInput(batch.Images), batch.Targets.SendTo(_model.Device));
        if (_mix is not null)
            (images, targets) = _mix.Apply(images, targets, _data.Targets.Outputs, ref random);
        using var spared = _small.Spare(images, options.BatchSize);
        var features = _prefix.Features(images.to_type(_model.ComputeType)).MoveToOuterDisposeScope();
        // A copy, for the batch that it comes from is about to go.
        return new Batch(features, targets.alias().MoveToOuterDisposeScope(), batch.Indices) { Number = number };
    }

    private IEnumerable<Batch> ReadCached(ReadOptions options, int firstStep, CancellationToken cancellationToken)
    {
        // A sample that comes up again in an epoch has its next view.
        var slots = options.OrderOf(_data.Count).Zip(options.Repetitions(_data.Count),
            (index, times) => (Index: index, Slot: Slot(index, (options.Epoch + times) % _views)));
        foreach (var (number, chunk) in slots.Chunk(options.BatchSize).Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            // A sample that couldn't be read when the store was filled is left out now as it was then.
            var kept = chunk.Where(sample => _store!.Has(sample.Slot)).ToArray();
            if (kept.Length == 0)
                continue;
            Saved += kept.Length;
            int[] indices = [.. kept.Select(sample => sample.Index)];
            yield return new Batch(_store!.Get([.. kept.Select(sample => sample.Slot)], _model.Device),
                _data.Targets.ToTensor(indices), indices)
            { Number = firstStep + number };
        }
    }

    private int Slot(int index, int view) => view * _data.Count + index;
}
