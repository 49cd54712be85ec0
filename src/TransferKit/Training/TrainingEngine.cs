using System.Text.Json;
using TorchSharp;

namespace TransferKit;

/// <summary>The training loop, from the first step or from a checkpoint to the result.</summary>
internal sealed class TrainingEngine : IDisposable
{
    private readonly LiveModel _model;
    private readonly Dataset _train, _validation;
    private readonly TrainingOptions _options;
    private readonly TrainingWatch _watch;
    private readonly TrainingRequest _request;
    private readonly FrozenPrefix _prefix;
    private readonly EpochBatches _batches;
    private readonly RunSchedule _schedule;
    private readonly TrainingStep _step;
    private readonly ModelSnapshot _kept;
    private readonly RunCheckpoints _checkpoints;
    private readonly TrainingFeatures _features;
    private readonly RankExchange _ranks;
    private RunState _state;
    private double _monitored;

    /// <exception cref="InvalidOperationException">Nothing trains.</exception>
    /// <exception cref="ArgumentException">A batch norm can't normalize the batches.</exception>
    public TrainingEngine(LiveModel model, TrainingRequest request, TrainingWatch watch)
    {
        (_model, _request, _watch) = (model, request, watch);
        (_train, _validation, _options) = (request.Train, request.Validation, request.Options);
        _prefix = FrozenPrefix.Of(model.Network, model.Recipe.BatchNorm);
        TrainingChecks.RequireTrainable(model, _prefix, _train, _options);
        _batches = new EpochBatches(model, request);
        _step = new TrainingStep(model, _prefix, request, _batches);
        _schedule = new RunSchedule(
            _options, request.Score, _batches.Steps, _step.Optimizer.Groups.Max(group => group.BaseRate));
        _kept = new ModelSnapshot(model);
        _checkpoints = new RunCheckpoints(model, request, _schedule, _step, _kept);
        _state = new RunState { Run = new Dictionary<string, JsonElement>() };
        _features = new TrainingFeatures(model, _prefix, request, watch);
        _ranks = new RankExchange(model, request, _features);
    }

    /// <exception cref="CheckpointException">Checkpoints in the folder belong to another run, or none can be written.</exception>
    public TrainingOutcome Run(CancellationToken cancellationToken)
    {
        StopReason reason;
        try
        {
            cancellationToken = _ranks.Agree(cancellationToken);
            _state = _checkpoints.Begin();
            // Compiled when the weights are final.
            _prefix.Compile(_model);
            _watch.Started(_model, _request, _options.Settings(_train, _model.Preprocessing), _state.History);
            reason = RunEpochs(cancellationToken);
        }
        catch (Exception error)
        {
            // What isn't a number, or half of a step, is no use to anybody.
            _kept.Restore();
            var clear = TrainingChecks.Explain(error, _options, _model.Preprocessing.CropSize);
            clear.KeepHistory(_state.History);
            _watch.Failed(clear);
            if (clear != error)
                throw clear;
            throw;
        }

        if (_options.RestoreBest && _state.BestEpoch > 0)
            _kept.Restore();
        else if (_step.Average is { UpdateCount: > 0 } average)
            average.Swap();
        NativeHeap.Trim();
        var report = _features.Report((long)_state.History.Count * (_batches.Samples + _validation.Count));
        _watch.Ended(reason, report);
        return new TrainingOutcome(_state.History, reason, _state.BestEpoch, report);
    }

    /// <summary>What is left of the run.</summary>
    private StopReason RunEpochs(CancellationToken cancellationToken)
    {
        try
        {
            while (_state.Epoch <= (_request.PauseAfter ?? _options.Epochs) && !IsStalled)
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

    private bool IsStalled =>
        _options.EarlyStopping?.IsDue(_state.History.Select(epoch => epoch.Monitored), _request.Score) ?? false;

    /// <summary>What is left of the training half of an epoch.</summary>
    private RunningMetrics TrainEpoch(CancellationToken cancellationToken)
    {
        var epoch = _state.Epoch;
        var metrics = new RunningMetrics(_request.Task.Task, _batches.Samples, _options.BatchSize, _state.Sums);
        var pass = _batches.Read(epoch, metrics.Step);
        _features.Keep(_features.Train, pass, epoch, cancellationToken);
        using var mode = _prefix.EnterTraining();
        var memory = 0.0;
        // The reader isn't told of cancelling, so that it takes effect between two steps.
        var read = _features.Train.Read(pass, CancellationToken.None);
        foreach (var (number, batch) in _batches.InOrder(read, metrics.Step))
        {
            var stepped = false;
            using (batch)
            using (torch.NewDisposeScope())
            {
                if (cancellationToken.IsCancellationRequested && _batches.BeginsStep(number))
                {
                    Record(metrics);
                    cancellationToken.ThrowIfCancellationRequested();
                }
                if (batch is null)
                {
                    _ranks.RequireAny(number);
                    metrics.Pass(0, number);
                }
                else
                {
                    _features.Unread.ExceptWith(batch.Indices);
                    _step.Backward(batch, epoch, metrics);
                }
                var ends = _batches.EndsStep(number);
                if (ends)
                    _ranks.Join(_step, metrics);
                if (ends || _batches.Share is null)
                    RequireFinite(metrics);
                stepped = ends && Step();
            }
            if (batch is not null)
                _watch.Report(metrics.Progress(epoch, _options.Epochs, TrainingPhase.Training, LastRate));
            memory = NativeHeap.TrimWaste(memory);
            if (stepped && _step.Optimizer.Steps % _options.Checkpoints?.EverySteps == 0)
            {
                Record(metrics);
                _checkpoints.Save(_state);
            }
        }
        _ranks.ShareSkipped();
        metrics.Stop();
        TrainingChecks.RequireRead(metrics.SampleCount, _batches.Samples);
        TrainingChecks.RequireReadClasses(_train, _features.Unread, _options.Logger);
        Record(metrics);
        if (_step.Average is { } average && _state.AveragedEpoch < epoch)
        {
            average.AfterEpoch(epoch);
            _state = _state with { AveragedEpoch = epoch };
        }
        return metrics;
    }

    /// <returns>Whether there was one to make: none of its samples may have been read.</returns>
    private bool Step()
    {
        if (!_step.IsPending)
        {
            _step.Discard();
            return false;
        }
        var position = _schedule.At(_step.Optimizer.Steps, _state.History);
        _step.Apply(_options.Schedule.Factor(position), _options.Schedule.Momentum(position));
        return true;
    }

    /// <summary>The highest rate in the last step.</summary>
    private double LastRate => _schedule.RateAt(_step.Optimizer.Steps - 1, _state.History);

    /// <summary>Notes how far the training half of an epoch has come, to be saved.</summary>
    private void Record(RunningMetrics training)
    {
        _ranks.AverageStatistics();
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
        var metrics = new RunningMetrics(_request.Task.Task, _validation.Count, _options.BatchSize);
        var whole = _model.ReadInOrder(_validation, _options.BatchSize, _options.Workers);
        var pass = whole.ShareOf(_options.Distributed, _validation.Count);
        var average = _step.Average is { UpdateCount: > 0 } taken ? taken : null;
        average?.Swap();
        try
        {
            if (average is not null && _options.Average!.NeedsStatistics)
                EstimateStatistics(cancellationToken);
            _features.Keep(_features.Validation, whole, _state.Epoch, cancellationToken);
            var batches = _features.Validation.Read(pass, cancellationToken);
            _model.Evaluation = Evaluator.Run(
                batches, batch => TensorOperations.Forward(_prefix.Trained, batch.Features), _step.Loss, _validation, metrics,
                () => _watch.Report(metrics.Progress(_state.Epoch, _options.Epochs, TrainingPhase.Validation)),
                _options.Distributed);
            _ranks.ShareSkipped();
            RequireFinite(metrics);
            // The loss that is watched is the one that is trained with.
            _monitored = ReferenceEquals(_request.Score, Score.Loss) ? metrics.Loss : _request.Score.ValueOf(_model.Evaluation);
            if (!_options.RestoreBest || _state.BestEpoch == 0 || _request.Score.IsBetter(_monitored, BestValue))
                _kept.Take();
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
        // Each rank reads all samples.
        using var alone = _ranks.Whole();
        var pass = _model.ReadInOrder(_train, _options.BatchSize, _options.Workers);
        var features = _features.Train.Read(pass, cancellationToken).Select(batch =>
        {
            batch.Targets.Dispose();
            return batch.Features;
        });
        var fewest = Math.Min(_options.BatchSize, SmallBatches.FewestValues);
        BatchNormStatistics.Estimate(_model.Network, features, batch => TensorOperations.Forward(_prefix.Trained, batch), fewest);
    }

    private double BestValue => _state.BestEpoch == 0 ? double.NaN : _state.History[_state.BestEpoch - 1].Monitored;

    private void FinishEpoch(RunningMetrics training, RunningMetrics validation)
    {
        var result = EpochResult.Of(_state.Epoch, training, validation, _monitored,
            _schedule.RatesOfEpoch(_step.Optimizer.Steps - 1, _state.History));
        if (_state.History.Count == 0)
            TrainingChecks.WarnOfUnreadClasses(_validation, _model.Evaluation!, _options.Logger);
        _state = _state with { LastMetrics = ModelMetrics.Of(_model.Evaluation!) };
        if (_request.Score.IsBetter(_monitored, BestValue))
            _state = _state with { BestEpoch = _state.Epoch, BestMetrics = _state.LastMetrics };
        _state = _state with { Epoch = _state.Epoch + 1, Sums = new(), History = [.. _state.History, result] };
        if (result.Epoch % _options.Checkpoints?.EveryEpochs == 0 || result.Epoch == _options.Epochs || IsStalled)
            _checkpoints.Save(_state);
        _watch.Report(validation.Progress(result.Epoch, _options.Epochs, TrainingPhase.Validation) with { Finished = result });
    }

    /// <summary>Frees what only training needs, and leaves the model to be used or trained again, also where it failed.</summary>
    public void Dispose()
    {
        _ranks.Dispose();
        _features.Dispose();
        _prefix.Dispose();
        _step.Dispose();
        _kept.Dispose();
    }
}
