namespace TransferKit;

/// <summary>The samples of a run as the layers that train see them, and what keeping them spares.</summary>
internal sealed class TrainingFeatures : IDisposable
{
    private readonly LiveModel _model;
    private readonly FrozenPrefix _prefix;
    private readonly TrainingOptions _options;
    private readonly TrainingWatch _watch;
    private readonly SharedFeatures? _shared;
    private readonly Dataset _train, _validation;
    private readonly HashSet<(bool, int)> _agreed = [];
    private readonly string _frozen = "";

    public TrainingFeatures(LiveModel model, FrozenPrefix prefix, TrainingRequest request, TrainingWatch watch)
    {
        (_model, _prefix, _options, _watch, _shared) = (model, prefix, request.Options, watch, request.Features);
        (_train, _validation) = (request.Train, request.Validation);
        if (_shared is not null)
            _frozen = $"{prefix.Length} {model.Network.Checksum(prefix.Length):x8}";
        var (train, validation) = (new ImageBatches(model, request.Train), new ImageBatches(model, request.Validation));
        train.Skipped += sample => Found(isTraining: true, sample);
        validation.Skipped += sample => Found(isTraining: false, sample);
        var views = _options.Augment ? _options.CachedViews : 1;
        Train = Features(MixedBatches.Of(train, _options.Mix, request.Train.Targets.Outputs), request.Train,
            _options.Mix is null && views < _options.Epochs ? views : 0, $"training, augmented {_options.Augment}");
        Validation = Features(validation, request.Validation, _options.Epochs > 1 ? 1 : 0, "validation");
    }

    /// <summary>The training samples, mixed if they are to be.</summary>
    public KeptFeatures Train { get; }

    /// <summary>The validation samples.</summary>
    public KeptFeatures Validation { get; }

    /// <summary>Training samples that were left out; who trains on one takes it away.</summary>
    public HashSet<int> Unread { get; } = [];

    /// <summary>Samples that this process couldn't read, and others don't know of yet.</summary>
    public List<(bool IsTraining, SkippedSample Sample)> Unshared { get; } = [];

    /// <summary>The samples to train on, or to measure on.</summary>
    public Dataset Data(bool isTraining) => isTraining ? _train : _validation;

    /// <summary>Leaves out a sample that no process can read.</summary>
    public void Skip(bool isTraining, SkippedSample sample)
    {
        _agreed.Add((isTraining, sample.Index));
        if (isTraining)
            Unread.Add(sample.Index);
        _watch.Skip(sample);
    }

    /// <summary>Computes features that will be needed again, once, as far as that is wanted and there is room.</summary>
    /// <param name="features">Those of one of both sets.</param>
    /// <param name="pass">How its samples are read.</param>
    /// <param name="epoch">The epoch that is under way, counted from 1.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public void Keep(KeptFeatures features, ReadOptions pass, int epoch, CancellationToken cancellationToken)
    {
        if (_options.FeatureCache is not { } room || features.IsTried)
            return;
        var used = _shared?.MemoryBytes ?? (Train.IsFile ? 0 : Train.Bytes);
        if (_shared is not null)
            room = room with { FileBytes = Math.Max(room.FileBytes - _shared.FileBytes, 0) };
        using var metrics = new RunningMetrics(LearningTask.Regression, features.Count, _options.BatchSize);
        features.Fill(pass, room, used, samples =>
        {
            metrics.Pass(samples);
            _watch.Report(metrics.Progress(epoch, _options.Epochs, TrainingPhase.Preparation));
        }, cancellationToken);
    }

    /// <summary>What was done to spare the work of layers that don't train.</summary>
    /// <param name="forwards">How many samples the finished epochs saw, those of the validation included.</param>
    public FrozenLayersReport Report(long forwards)
    {
        var (frozen, total) = _prefix.MultiplyAdds(_model.Network.InputShape(_model.Preprocessing.CropSize));
        return new FrozenLayersReport
        {
            Share = (double)frozen / total,
            IsCompiled = _prefix.IsCompiled,
            TrainingViews = Train.KeptViews,
            KeepsValidation = Validation.KeptViews > 0,
            CacheBytes = Train.Bytes + Validation.Bytes,
            CacheInFile = Train.IsFile || Validation.IsFile,
            SavedShare = forwards == 0 ? 0 : Math.Max(Train.Saved + Validation.Saved, 0) * frozen / ((double)forwards * total),
        };
    }

    public void Dispose()
    {
        Train.Dispose();
        Validation.Dispose();
    }

    /// <summary>What this process can't read, others may.</summary>
    private void Found(bool isTraining, SkippedSample sample)
    {
        if (_options.Distributed.Size == 1)
            Skip(isTraining, sample);
        else if (!_agreed.Contains((isTraining, sample.Index)))
            Unshared.Add((isTraining, sample));
    }

    /// <param name="images">The samples' images.</param>
    /// <param name="data">Where they are from.</param>
    /// <param name="views">How many views of a sample there are to be kept; 0: too many.</param>
    /// <param name="part">Which samples these are among those of the runs that share features.</param>
    private KeptFeatures Features(IBatchSource<ImageBatch> images, Dataset data, int views, string part)
    {
        views = _prefix.IsWorthKeeping ? views : 0;
        return new(new FeatureBatches(images, _model, _prefix), data.Targets, _model.Device, views, _shared is null ? null
            : (_shared, $"{part}, {views} views, {_options.BatchSize} at a time, seed {_options.Seed}, "
                + $"{_model.Preprocessing.CropSize} px, {_model.ComputeType}, frozen {_frozen}"))
        {
            Group = _options.Distributed,
        };
    }
}
