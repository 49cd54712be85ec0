using TorchSharp;

namespace TransferKit;

/// <summary>What the processes of a training tell each other besides gradients; nothing where there is one alone.</summary>
internal sealed class RankExchange : IDisposable
{
    private readonly LiveModel _model;
    private readonly TrainingOptions _options;
    private readonly TrainingFeatures _features;
    private readonly ProcessGroup _group;
    private readonly List<BatchNorm> _norms;
    private readonly CancellationTokenSource _agreed = new();
    private CancellationToken _asked;

    public RankExchange(LiveModel model, TrainingRequest request, TrainingFeatures features)
    {
        (_model, _options, _features) = (model, request.Options, features);
        _group = request.Options.Distributed;
        _norms =
        [
            .. model.Network.Steps.SelectMany(step => step.Walk()).Select(found => found.Layer).OfType<BatchNorm>().Distinct(),
        ];
        Synchronize(IsSynchronized);
    }

    private bool IsSynchronized => _options.SyncBatchNorm && _group.Size > 1;

    /// <summary>A token that is cancelled on all ranks at the same step, after it was asked for on one of them.</summary>
    public CancellationToken Agree(CancellationToken asked)
    {
        _asked = asked;
        return _group.Size == 1 ? asked : _agreed.Token;
    }

    /// <summary>Takes what all ranks have found for a step together.</summary>
    /// <exception cref="DistributedException">A rank failed, or can't read what others can.</exception>
    public void Join(TrainingStep step, RunningMetrics metrics)
    {
        if (_group.Size == 1)
            return;
        step.Send();
        var (counted, weighed) = (metrics.Totals, step.Totals);
        double[] all = [_features.Unshared.Count, _asked.IsCancellationRequested ? 1 : 0, .. counted, .. weighed];
        _group.Sum(all);
        metrics.Join(all.AsSpan(2, counted.Length));
        step.Join(all.AsSpan(2 + counted.Length));
        if (all[1] > 0)
            _agreed.Cancel();
        if (all[0] > 0)
            ShareSkipped();
    }

    /// <summary>Makes known to all ranks which samples nobody can read: they are left out everywhere.</summary>
    /// <exception cref="DistributedException">A rank can read what another one couldn't.</exception>
    public void ShareSkipped()
    {
        List<UnreadSample> own = _features.Unshared.ConvertAll(found => UnreadSample.Of(found.Sample, found.IsTraining, _group));
        foreach (var found in UnreadSample.Agree(own, _group,
            found => _features.Data(found.IsTraining).NameOf(found.Index),
            found => found.CanRead(_features.Data(found.IsTraining), _model.Preprocessing)))
            _features.Skip(found.IsTraining,
                new SkippedSample(_features.Data(found.IsTraining), found.Index, new InvalidDataException(found.Reason)));
        _features.Unshared.Clear();
    }

    /// <summary>
    /// Gives all ranks the mean of what their batch norms have tracked, each of its own share of batches: timm's <c>dist-bn
    /// reduce</c>. To be called while layers are in the modes in which they train.
    /// </summary>
    public void AverageStatistics()
    {
        if (_group.Size == 1 || IsSynchronized)
            return;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var tracked = _norms.Where(norm => norm.Training)
            .SelectMany(norm => new[] { norm.Mean.Value, norm.Variance.Value }).ToList();
        double[] means =
        [
            .. tracked.SelectMany(buffer => buffer.cpu().data<float>().ToArray()).Select(value => value / (double)_group.Size),
        ];
        if (means.Length == 0)
            return;
        _group.Sum(means);
        var offset = 0;
        foreach (var buffer in tracked)
        {
            var length = (int)buffer.numel();
            buffer.copy_(torch.tensor(means[offset..(offset += length)], torch.float32));
        }
    }

    /// <summary>Checks that a batch of which this rank could read nothing leaves nobody waiting for it.</summary>
    /// <exception cref="InvalidOperationException">Batch norms need it.</exception>
    public void RequireAny(int batch)
    {
        if (IsSynchronized && _norms.Exists(norm => norm.Training))
            throw new InvalidOperationException($"No sample of batch {batch} that falls to this rank could be read, and "
                + "SyncBatchNorm needs one of each: repair the samples, take a larger BatchSize, or fewer ranks.");
    }

    /// <summary>A time in which batch norms don't ask other ranks, as each of them sees everything.</summary>
    public IDisposable Whole()
    {
        Synchronize(false);
        return new WholeBatches(this);
    }

    public void Dispose()
    {
        Synchronize(false);
        _agreed.Dispose();
    }

    private void Synchronize(bool on) => _norms.ForEach(norm => norm.Across = on ? _group : null);

    private sealed class WholeBatches(RankExchange ranks) : IDisposable
    {
        public void Dispose() => ranks.Synchronize(ranks.IsSynchronized);
    }
}
