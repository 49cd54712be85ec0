using System.Text.Json;

namespace TransferKit;

/// <summary>A plan's model, whose frozen backbone sees a dataset: once, unless it is known from before.</summary>
internal sealed class ProbedBackbone : IDisposable
{
    private readonly Dataset _data;
    private readonly FeatureOptions _options;
    private readonly ProcessGroup _group;

    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    public ProbedBackbone(TransferPlan plan, Dataset data, FeatureOptions options, CancellationToken cancellationToken)
    {
        (_data, _options, _group) = (data, options, (options as ProbeOptions)?.Distributed ?? ProcessGroup.Alone);
        Results = new ResultFolder(options.CacheFolder, _group);
        // New heads, and networks without weights, are the same each time.
        using (RandomSource.Seeded(options.Seed))
            Model = _group.Together(() => TransferModel.Build(plan, _group.LocalRank, cancellationToken));
        Identity = IdentityOf();
    }

    /// <summary>The model.</summary>
    public TransferModel Model { get; }

    /// <summary>What is known already.</summary>
    public ResultFolder Results { get; }

    /// <summary>What the features depend on; null where the dataset can't tell its samples from others.</summary>
    public ResultIdentity? Identity { get; }

    /// <summary>What linear probes on the features, one a fold, depend on.</summary>
    public ResultIdentity? ProbeIdentity(int folds) => Identity?.With(LinearProbe.Fact,
        RunFact.Of("Targets", $"{_data.Targets.Outputs}, {_data.Targets.Checksum:x8}"),
        RunFact.Of("Folds", $"{folds}, {_options.Seed}"));

    /// <summary>What the head sees of every sample that can be read.</summary>
    /// <param name="least">How many it takes for an answer.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidOperationException">Too few could be read.</exception>
    public FeatureVectors Features(int least, IProgress<ProbeProgress>? progress, CancellationToken cancellationToken)
    {
        var step = $"{Model.Plan.Model}: features";
        if (_group.Size > 1)
            _group.Together(() => RankAgreement.Require(_group,
                [.. RankAgreement.FactsOf(Model.Live, _data, _options.BatchSize), RunFact.Of("Seed", $"{_options.Seed}")]));
        var features = Results.GetOrCompute(Identity, () => LargeBlockThread.Run(() => _group.Together(() =>
            FeatureVectors.Extract(Model.Live, _data, _options.BatchSize,
                done => progress?.Report(new(step, done, _data.Count)), cancellationToken, group: _group))));
        if (features.Count < least)
            throw new InvalidOperationException(
                $"{features.Count} of {_data.Count} samples could be read, and {least} are needed; see the reasons in the log.");
        return features;
    }

    public void Dispose() => Model.Dispose();

    private ResultIdentity? IdentityOf()
    {
        var preprocessing = Model.Preprocessing;
        var samples = _data.Fingerprint(preprocessing, augment: false);
        return samples.ValueKind == JsonValueKind.Null ? null : new ResultIdentity(
        [
            RunFact.Of("Model", Model.Plan.Model),
            RunFact.Of("Backbone", $"{Model.Network.Checksum(Model.Network.HeadStep):x8}"),
            new RunFact("Preprocessing",
                JsonSerializer.SerializeToElement(preprocessing, PreprocessingJson.Default.Preprocessing), $"{preprocessing}"),
            RunFact.Of("Computes in", $"{Model.Live.ComputeType}, {Model.Live.Device.type}"),
            RunFact.Of("Samples", $"{_data.Count}"),
            new RunFact("Pictures", samples, $"{samples}"),
        ]);
    }
}
