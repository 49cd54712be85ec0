using TorchSharp;

namespace TransferKit;

/// <summary>Features of another source, computed once where that is wanted and there is room, and read from there.</summary>
/// <param name="features">The features.</param>
/// <param name="targets">The targets of all samples.</param>
/// <param name="device">The model's device.</param>
/// <param name="views">How many views of a sample are kept: 1 where all are the same, 0 to keep none.</param>
/// <param name="shared">Where other runs have left theirs, and find these; null: they are this run's alone.</param>
internal sealed class KeptFeatures(IBatchSource<FeatureBatch> features, Targets targets, torch.Device device, int views,
    (SharedFeatures Stores, string Key)? shared = null) : IBatchSource<FeatureBatch>, IDisposable
{
    private FeatureStore? _store;
    private bool _isFull;

    /// <summary>Processes that compute them together, each a share of every batch. Default: this one alone.</summary>
    public ProcessGroup Group { get; init; } = ProcessGroup.Alone;

    /// <summary>Whether <see cref="Fill"/> has been called.</summary>
    public bool IsTried { get; private set; }

    /// <summary>Looks that are kept of each sample; 0: none.</summary>
    public int KeptViews => _isFull ? views : 0;

    /// <summary>The room that kept features take, in bytes.</summary>
    public long Bytes => _store?.Bytes ?? 0;

    /// <summary>Whether they lie in a file.</summary>
    public bool IsFile => _store?.IsFile ?? false;

    /// <summary>How often a sample's features didn't have to be computed, as they were kept.</summary>
    public long Saved { get; private set; }

    /// <summary>The number of views, of all samples, that <see cref="Fill"/> computes.</summary>
    public int Count => views * targets.Count;

    /// <summary>Computes the features of all views of all samples, if they shall be kept and there is room.</summary>
    /// <param name="pass">How the samples are read; its order and epoch don't matter.</param>
    /// <param name="options">How much room there is.</param>
    /// <param name="used">Bytes of memory that other kept features take.</param>
    /// <param name="onBatch">Told how many more are done.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public void Fill(ReadOptions pass, FeatureCacheOptions options, long used, Action<int> onBatch,
        CancellationToken cancellationToken)
    {
        IsTried = true;
        if (shared is var (stores, key) && stores.Find(key) is { } known)
        {
            (_store, _isFull) = (known, true);
            return;
        }
        for (var view = 0; view < views; view++)
        {
            var whole = pass with
            {
                Order = [.. Enumerable.Range(0, targets.Count)],
                Earlier = [],
                BatchSize = pass.Share?.BatchSize ?? pass.BatchSize,
                Epoch = view,
                Share = null,
            };
            var own = features.Read(whole.ShareOf(Group, targets.Count), cancellationToken);
            var rounds = (targets.Count + whole.BatchSize - 1) / whole.BatchSize;
            foreach (var (indices, values) in FeatureExchange.Read(own, rounds, Group))
            {
                using (values)
                {
                    if (_store is null && !TryCreate(values, options, used))
                        return;
                    _store!.Put([.. indices.Select(index => Slot(index, view))], values);
                }
                Saved -= indices.Length;
                onBatch(indices.Length);
            }
        }
        _isFull = _store is not null;
        if (_isFull)
            shared?.Stores.Add(shared.Value.Key, _store!);
    }

    /// <inheritdoc/>
    public IEnumerable<FeatureBatch> Read(ReadOptions pass, CancellationToken cancellationToken) =>
        _isFull ? ReadKept(pass, cancellationToken) : features.Read(pass, cancellationToken);

    public void Dispose()
    {
        if (shared is null || !_isFull)
            _store?.Dispose();
    }

    private IEnumerable<FeatureBatch> ReadKept(ReadOptions pass, CancellationToken cancellationToken)
    {
        foreach (var (number, planned, repetitions) in pass.BatchesOf(targets.Count))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // A sample that comes up again in an epoch has its next view. One that couldn't be read when the store was filled is
            // left out now as it was then.
            var kept = planned.Zip(repetitions, (index, times) => (Index: index, Slot: Slot(index, (pass.Epoch + times) % views)))
                .Where(sample => _store!.Has(sample.Slot)).ToList();
            if (kept.Count == 0)
                continue;
            Saved += kept.Count;
            int[] indices = [.. kept.Select(sample => sample.Index)];
            yield return new FeatureBatch(
                _store!.Get([.. kept.Select(sample => sample.Slot)], device), TargetsOf(indices), indices, number);
        }
    }

    /// <summary>Takes room, where every process has it.</summary>
    private bool TryCreate(torch.Tensor sample, FeatureCacheOptions options, long used)
    {
        _store = FeatureStore.TryCreate((long)views * targets.Count, sample, options, used);
        double[] rooms = [_store is null ? 0 : 1];
        Group.Sum(rooms);
        if (rooms[0] == Group.Size)
            return true;
        _store?.Dispose();
        _store = null;
        return false;
    }

    private torch.Tensor TargetsOf(int[] indices)
    {
        using var scope = torch.NewDisposeScope();
        using var here = targets.ToTensor(indices);
        return here.SendTo(device).alias().MoveToOuterDisposeScope();
    }

    private int Slot(int index, int view) => view * targets.Count + index;
}
