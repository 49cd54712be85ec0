using System.Text.Json;
using TorchSharp;

namespace TransferKit;

/// <summary>The training loop, from the first step or from a checkpoint to the result.</summary>
internal sealed class TrainingEngine : IDisposable
{
    private readonly LiveModel _model;
    private readonly Network _network;
    private readonly Dataset _train, _validation;
    private readonly TrainingOptions _options;
    private readonly TrainingWatch _watch;
    private readonly Score _score;
    private readonly FrozenPrefix _prefix;
    private readonly EpochBatches _batches;
    private readonly RunSchedule _schedule;
    private readonly TrainingStep _step;
    private readonly WeightsSnapshot _kept;
    private readonly RunCheckpoints _checkpoints;
    private readonly FeatureReader _trainFeatures, _validationFeatures;
    private readonly HashSet<int> _unread = [];
    private RunState _state;
    private EvaluationResult? _keptEvaluation;
    private double _monitored;

    /// <exception cref="InvalidOperationException">Nothing trains.</exception>
    /// <exception cref="ArgumentException">Options don't fit the samples.</exception>
    public TrainingEngine(LiveModel model, Dataset train, Dataset validation, TrainingOptions options, TrainingWatch watch)
    {
        (_model, _network, _train, _validation, _options, _watch) = (model, model.Network, train, validation, options, watch);
        _prefix = FrozenPrefix.Of(_network, model.Recipe.BatchNorm);
        TrainingChecks.RequireLearnableClasses(train, validation);
        TrainingChecks.RequireTrainable(model, _prefix, train, options);
        _batches = new EpochBatches(model, train, options);
        _score = options.Monitor ?? Score.DefaultFor(train.Targets.Task);
        _step = new TrainingStep(model, _prefix, train.Targets, options);
        _schedule = new RunSchedule(options, _score, _batches.Steps, _step.Optimizer.Groups.Max(group => group.BaseRate));
        (_kept, _keptEvaluation) = (new WeightsSnapshot(_network), model.Evaluation);
        _checkpoints = new RunCheckpoints(
            model, train, validation, options, _score, _schedule, _step, options.RestoreBest ? _kept : null);
        _state = new RunState { Run = new Dictionary<string, JsonElement>() };
        var views = options.Augment ? options.CachedViews : 1;
        _trainFeatures = new FeatureReader(model, _prefix, train, views < options.Epochs ? views : 0, options.Mix);
        _validationFeatures = new FeatureReader(model, _prefix, validation, options.Epochs > 1 ? 1 : 0);
    }

    /// <exception cref="CheckpointException">Checkpoints in the folder belong to another run, or none can be written.</exception>
    public TrainingOutcome Run(CancellationToken cancellationToken)
    {
        StopReason reason;
        try
        {
            Begin();
            var settings = _options.Settings(_train, _model.Preprocessing);
            _watch.Started(_model, _options, settings, _train, _validation, _state.History);
            reason = RunEpochs(cancellationToken);
        }
        catch (Exception error)
        {
            // What isn't a number, or half of a step, is no use to anybody.
            _kept.Restore();
            _model.Evaluation = _keptEvaluation;
            var clear = TrainingChecks.Explain(error, _options, _model.Preprocessing.CropSize);
            clear.KeepHistory(_state.History);
            _watch.Failed(clear);
            if (clear != error)
                throw clear;
            throw;
        }

        if (_options.RestoreBest && _state.BestEpoch > 0)
        {
            _kept.Restore();
            _model.Evaluation = _keptEvaluation;
        }
        else if (_step.Average is { UpdateCount: > 0 } average)
        {
            average.Swap();
        }
        NativeHeap.Trim();
        var report = Report();
        _watch.Ended(reason, report);
        return new TrainingOutcome(_state.History, reason, _state.BestEpoch, report);
    }

    private void Begin()
    {
        _state = _checkpoints.Begin();
        if (_state.History.Count > 0)
        {
            var known = _options.RestoreBest && _state.BestEpoch > 0 ? _state.BestMetrics : _state.LastMetrics;
            _model.Evaluation = _keptEvaluation = known?.ToResult(_train.ClassNames);
            if (!_options.RestoreBest)
                _kept.Take();
        }
        // Compiled when the weights are final.
        _prefix.Compile(_model);
    }

    /// <summary>What is left of the run.</summary>
    private StopReason RunEpochs(CancellationToken cancellationToken)
    {
        try
        {
            while (_state.Epoch <= _options.Epochs && !IsStalled)
            {
                using var training = TrainEpoch(cancellationToken);
                using var validation = Validate(cancellationToken);
                FinishEpoch(training, validation);
            }
            return IsStalled ? StopReason.EarlyStopping : StopReason.Completed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _checkpoints.Save(_state);
            return StopReason.Cancelled;
        }
    }

    private bool IsStalled => _options.EarlyStopping?.IsDue(_state.History.Select(epoch => epoch.Monitored), _score) ?? false;

    /// <summary>What is left of the training half of an epoch.</summary>
    private RunningMetrics TrainEpoch(CancellationToken cancellationToken)
    {
        var epoch = _state.Epoch;
        var metrics = new RunningMetrics(_train.Targets.Task, _batches.Samples, _options.BatchSize, _state.Sums);
        var read = _batches.Read(epoch, metrics.Step);
        Remember(_trainFeatures, read, cancellationToken);
        using var mode = _prefix.EnterTraining();
        _unread.UnionWith(read.Order!);
        var memory = 0.0;
        // The reader isn't told of cancelling, so that it takes effect between two steps.
        foreach (var batch in _trainFeatures.Read(read, metrics.Step, CancellationToken.None))
        {
            using (batch)
            {
                // The batches that would have ended the step before couldn't be read.
                if (_step.Pending is { } pending && _batches.StepOf(pending) != _batches.StepOf(batch.Number))
                    Step();
                if (cancellationToken.IsCancellationRequested && _step.Pending is null)
                {
                    Record(metrics);
                    cancellationToken.ThrowIfCancellationRequested();
                }
                _unread.ExceptWith(batch.Indices);
                TrainBatch(batch, metrics);
            }
            _watch.Report(metrics.Progress(epoch, _options.Epochs, TrainingPhase.Training, LastRate));
            memory = NativeHeap.TrimWaste(memory);
            if (_step.Pending is null && _step.Optimizer.Steps % _options.Checkpoints?.EverySteps == 0)
            {
                Record(metrics);
                _checkpoints.Save(_state);
            }
        }
        if (_step.Pending is not null)
            Step();
        metrics.Stop();
        TrainingChecks.RequireRead(metrics.SampleCount, _batches.Samples);
        TrainingChecks.RequireReadClasses(_train, _unread, _options.Logger);
        Record(metrics);
        if (_step.Average is { } average && _state.AveragedEpoch < epoch)
        {
            average.AfterEpoch(epoch);
            _state = _state with { AveragedEpoch = epoch };
        }
        return metrics;
    }

    private void TrainBatch(Batch batch, RunningMetrics metrics)
    {
        using var scope = torch.NewDisposeScope();
        _step.Backward(batch, _state.Epoch, metrics);
        RequireFinite(metrics);
        if (_batches.EndsStep(batch.Number))
            Step();
    }

    private void Step()
    {
        var position = _schedule.At(_step.Optimizer.Steps, _state.History);
        _step.Apply(_options.Schedule.Factor(position), _options.Schedule.Momentum(position));
    }

    /// <summary>The highest rate in the last step.</summary>
    private double LastRate => _schedule.RateAt(_step.Optimizer.Steps - 1, _state.History);

    /// <summary>Notes how far the training half of an epoch has come, to be saved.</summary>
    private void Record(RunningMetrics training)
    {
        _state = _state with { Sums = training.Sums };
        RequireFinite(training);
    }

    /// <summary>Checked before anything is saved: a run can't go on from weights that are no numbers.</summary>
    private void RequireFinite(RunningMetrics metrics)
    {
        if (!double.IsFinite(metrics.Loss))
            throw new TrainingDivergedException(
                _state.Epoch, metrics.Step, metrics.Loss, _schedule.RateAt(_step.Optimizer.Steps, _state.History));
    }

    /// <summary>
    /// One pass over the validation samples, with the averaged weights where there are some; leaves the result in the model.
    /// </summary>
    private RunningMetrics Validate(CancellationToken cancellationToken)
    {
        var metrics = new RunningMetrics(_validation.Targets.Task, _validation.Count, _options.BatchSize);
        var read = _model.ReadInOrder(_validation, _options.BatchSize, _options.Workers);
        var average = _step.Average is { UpdateCount: > 0 } begun ? begun : null;
        average?.Swap();
        try
        {
            if (average is not null && _options.Average!.NeedsStatistics)
                EstimateStatistics(cancellationToken);
            Remember(_validationFeatures, read, cancellationToken);
            var features = _validationFeatures.Read(read, 0, cancellationToken);
            _model.Evaluation = Evaluator.Run(features, _prefix.Tail, _step.Loss, _validation, metrics,
                () => _watch.Report(metrics.Progress(_state.Epoch, _options.Epochs, TrainingPhase.Validation)));
            RequireFinite(metrics);
            // The loss that is watched is the one that is trained with.
            _monitored = ReferenceEquals(_score, Score.Loss) ? metrics.Loss : _score.ValueOf(_model.Evaluation);
            if (!_options.RestoreBest || _state.BestEpoch == 0 || _score.IsBetter(_monitored, BestValue))
            {
                _kept.Take();
                _keptEvaluation = _model.Evaluation;
            }
        }
        finally
        {
            average?.Swap();
        }
        metrics.Stop();
        return metrics;
    }

    /// <summary>
    /// Averaged weights need batch-norm statistics of their own; training samples that aren't augmented give them.
    /// </summary>
    private void EstimateStatistics(CancellationToken cancellationToken)
    {
        using var mode = _prefix.EnterTraining();
        var read = _model.ReadInOrder(_train, _options.BatchSize, _options.Workers);
        var batches = _trainFeatures.Read(read, 0, cancellationToken).Select(batch =>
        {
            batch.Targets.Dispose();
            return batch.Images;
        });
        var fewest = Math.Min(_options.BatchSize, SmallBatches.FewestValues);
        BatchNormStatistics.Estimate(_network, batches, _prefix.Tail, fewest);
    }

    private double BestValue => _state.BestEpoch == 0 ? double.NaN : _state.History[_state.BestEpoch - 1].Monitored;

    private void FinishEpoch(RunningMetrics training, RunningMetrics validation)
    {
        var result = EpochResult.Of(_state.Epoch, training, validation, _monitored,
            _schedule.RatesOfEpoch(_step.Optimizer.Steps - 1, _state.History));
        if (_state.History.Count == 0)
            TrainingChecks.WarnOfUnreadClasses(_validation, _model.Evaluation!, _options.Logger);
        _state = _state with { LastMetrics = ModelMetrics.Of(_model.Evaluation!) };
        if (_score.IsBetter(_monitored, BestValue))
            _state = _state with { BestEpoch = _state.Epoch, BestMetrics = _state.LastMetrics };
        _state = _state with { Epoch = _state.Epoch + 1, Sums = new(), History = [.. _state.History, result] };
        if (result.Epoch % _options.Checkpoints?.EveryEpochs == 0 || result.Epoch == _options.Epochs || IsStalled)
            _checkpoints.Save(_state);
        _watch.Report(validation.Progress(result.Epoch, _options.Epochs, TrainingPhase.Validation) with { Finished = result });
    }

    /// <summary>Computes features that will be needed again, once, as far as that is wanted and there is room.</summary>
    private void Remember(FeatureReader features, ReadOptions read, CancellationToken cancellationToken)
    {
        if (_options.FeatureCache is not { } room || features.IsTried)
            return;
        var used = _trainFeatures.IsFile ? 0 : _trainFeatures.Bytes;
        using var metrics = new RunningMetrics(LearningTask.Regression, features.Count, _options.BatchSize);
        features.Fill(read, room, used, samples =>
        {
            metrics.Pass(samples);
            _watch.Report(metrics.Progress(_state.Epoch, _options.Epochs, TrainingPhase.Preparation));
        }, cancellationToken);
    }

    private FrozenLayersReport Report()
    {
        var (frozen, total) = _prefix.MultiplyAdds(_network.InputShape(_model.Preprocessing.CropSize));
        var forwards = (double)_state.History.Count * (_batches.Samples + _validation.Count);
        return new FrozenLayersReport
        {
            Share = (double)frozen / total,
            IsCompiled = _prefix.IsCompiled,
            TrainingViews = _trainFeatures.KeptViews,
            KeepsValidation = _validationFeatures.KeptViews > 0,
            CacheBytes = _trainFeatures.Bytes + _validationFeatures.Bytes,
            CacheInFile = _trainFeatures.IsFile || _validationFeatures.IsFile,
            SavedShare = forwards == 0 ? 0 : Math.Max(_trainFeatures.Saved + _validationFeatures.Saved, 0) * frozen
                / (forwards * total),
        };
    }

    /// <summary>Frees what only training needs, and leaves the model to be used or trained again, also where it failed.</summary>
    public void Dispose()
    {
        _trainFeatures.Dispose();
        _validationFeatures.Dispose();
        _prefix.Dispose();
        _step.Dispose();
        _kept.Dispose();
    }
}
