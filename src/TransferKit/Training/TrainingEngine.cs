using TorchSharp;

namespace TransferKit;

/// <summary>The training loop, from the first step or from a checkpoint to the result.</summary>
internal sealed class TrainingEngine : IDisposable
{
    private readonly TransferModel _model;
    private readonly Network _network;
    private readonly Dataset _train, _validation;
    private readonly TrainingOptions _options;
    private readonly TrainingWatch _watch;
    private readonly Score _score;
    private readonly PreparedLoss _loss;
    private readonly FrozenPrefix _prefix;
    private readonly FeatureReader _trainFeatures, _validationFeatures;
    private readonly UpdateRule _optimizer;
    private readonly LossScaler _scaler;
    private readonly AveragedWeights? _average;
    private readonly WeightsSnapshot? _best;
    private readonly CheckpointFolder? _checkpoints;
    private readonly List<torch.Tensor> _parameters;
    private readonly int _batches;
    private RunState _state;
    private EvaluationResult? _bestEvaluation;

    /// <exception cref="InvalidOperationException">Nothing trains.</exception>
    /// <exception cref="ArgumentException">Options don't fit the samples.</exception>
    /// <exception cref="CheckpointException">The checkpoints in the folder belong to another run.</exception>
    public TrainingEngine(TransferModel model, Dataset train, Dataset validation, TrainingOptions options, TrainingWatch watch)
    {
        (_model, _network, _train, _validation, _options, _watch) = (model, model.Network, train, validation, options, watch);
        _parameters = [.. _network.NamedWeights().Where(found => found.Weight.Trains).Select(found => found.Weight.Value)];
        if (_parameters.Count == 0)
            throw new InvalidOperationException("Nothing trains: unfreeze some layers, or replace the head.");
        _prefix = FrozenPrefix.Of(_network, model.Plan.BatchNorm);
        TrainingChecks.RequireLearnableClasses(train, validation, options.Logger);
        TrainingChecks.RequireNormalisable(model, _prefix, train.Count, options);
        _batches = options.DropLast ? train.Count / options.BatchSize : (train.Count + options.BatchSize - 1) / options.BatchSize;
        if (_batches == 0)
            throw new ArgumentException($"DropLast leaves no batch: there are {train.Count} training samples, and BatchSize is "
                + $"{options.BatchSize}.", nameof(options));

        _score = options.Watch ?? Score.DefaultFor(train.Targets.Task);
        _loss = (options.Loss ?? Loss.DefaultFor(train.Targets.Task)).Prepare(train.Targets, model.TorchDevice);
        _optimizer = options.Optimizer.Begin(ParameterGroup.Of(_network, options.Optimizer, options.LearningRates));
        _scaler = new LossScaler(model.ComputeType);
        _average = options.Average is { } average ? AveragedWeights.Of(average, _network) : null;
        _best = options.RestoreBest ? new WeightsSnapshot(_network) : null;
        _state = new RunState { Run = RunIdentity() };
        if (options.Checkpoints is { } checkpoints)
        {
            _checkpoints = new CheckpointFolder(checkpoints, _score, options.Logger);
            Resume();
        }

        // Compiled after the weights are final; keeping features pays where they are needed again.
        _prefix.Compile(model);
        var views = options.Augment ? options.CachedViews : 1;
        _trainFeatures = new FeatureReader(model, _prefix, train, views < options.Epochs ? views : 0, options.Mix);
        _validationFeatures = new FeatureReader(model, _prefix, validation, options.Epochs > 1 ? 1 : 0);
    }

    public TrainingResult Run(CancellationToken cancellationToken)
    {
        _options.Logger.Started(_model.Plan, _train.Count, _validation.Count, _model.Parameters.Training);
        _watch.Started(_model.Plan, _options, _train.Count, _validation.Count, _state.History);
        StopReason reason;
        try
        {
            reason = RunEpochs(cancellationToken);
        }
        catch (Exception error)
        {
            var clear = TrainingChecks.Explain(error, _options, _model.Preprocessing.CropSize);
            _watch.Failed(clear);
            if (clear != error)
                throw clear;
            throw;
        }

        if (_bestEvaluation is not null && _best is not null)
        {
            _best.Restore();
            _model.Evaluation = _bestEvaluation;
        }
        else if (_average is { Taken: > 0 })
        {
            _average.Swap();
        }
        NativeHeap.Trim();
        var report = Report();
        _options.Logger.Ended(reason, report);
        _watch.Ended(reason);
        return new TrainingResult
        {
            Model = _model, History = _state.History, StopReason = reason, BestEpoch = _state.BestEpoch, FrozenLayers = report,
            Train = _train, Validation = _validation, Options = _options,
        };
    }

    /// <summary>Sweeps over learning rates; the weights are then as they were.</summary>
    public LearningRateFinder FindRate(double low, double high, int steps, CancellationToken cancellationToken)
    {
        using var before = new WeightsSnapshot(_network);
        using var batches = EndlessBatches(cancellationToken).GetEnumerator();
        using var metrics = new RunningMetrics(_train.Targets.Task, steps * _options.BatchSize, _options.BatchSize);
        _prefix.EnterTraining();
        return LearningRateFinder.Sweep(rate =>
        {
            batches.MoveNext();
            using var scope = torch.NewDisposeScope();
            using var batch = batches.Current;
            var loss = Backward(batch, batches: 1, metrics);
            Step(rate / _options.LearningRates.HighestOf(_options.Optimizer.LearningRate), momentum: null);
            return loss.item<float>();
        }, before.Restore, low, high, steps);
    }

    private IEnumerable<Batch> EndlessBatches(CancellationToken cancellationToken)
    {
        for (var epoch = 1; ; epoch++)
            foreach (var batch in _trainFeatures.Read(TrainingOrder(epoch, firstBatch: 0), 0, cancellationToken))
                yield return batch;
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
            Save();
            return StopReason.Cancelled;
        }
    }

    private bool IsStalled => _options.EarlyStopping?.IsDue(_state.History.Select(epoch => epoch.Watched), _score) ?? false;

    /// <summary>What is left of the training half of an epoch.</summary>
    private RunningMetrics TrainEpoch(CancellationToken cancellationToken)
    {
        var epoch = _state.Epoch;
        // A last batch of which no picture could be read has left the gradients of those before it.
        _optimizer.ClearGradients();
        var metrics = new RunningMetrics(_train.Targets.Task, SamplesAnEpoch, _options.BatchSize, _state.Sums);
        var read = TrainingOrder(epoch, metrics.Step);
        Remember(_trainFeatures, read, cancellationToken);
        _prefix.EnterTraining();
        var memory = 0.0;
        // The reader isn't told of cancelling, so that it takes effect between two steps.
        foreach (var batch in _trainFeatures.Read(read, metrics.Step, CancellationToken.None))
        {
            using (batch)
            {
                if (cancellationToken.IsCancellationRequested && IsStepDone(metrics.Step))
                {
                    Record(metrics);
                    cancellationToken.ThrowIfCancellationRequested();
                }
                TrainBatch(batch, metrics);
            }
            _watch.Report(metrics.Progress(epoch, _options.Epochs, TrainingPhase.Training, RateAt(_optimizer.Steps - 1)));
            memory = NativeHeap.TrimWaste(memory);
            if (IsStepDone(metrics.Step) && _optimizer.Steps % _options.Checkpoints?.EverySteps == 0)
            {
                Record(metrics);
                Save();
            }
        }
        metrics.Stop();
        Record(metrics);
        if (_average is not null && _state.AveragedEpoch < epoch)
        {
            _average.AfterEpoch(epoch);
            _state = _state with { AveragedEpoch = epoch };
        }
        return metrics;
    }

    /// <summary>What is left of an epoch's samples, as training sees them.</summary>
    private ReadOptions TrainingOrder(int epoch, int firstBatch)
    {
        var order = _options.Sampling.Order(_train.Targets, _options.Seed, epoch);
        return new ReadOptions
        {
            Preprocessing = _model.Preprocessing,
            Order = order[Math.Min(firstBatch * _options.BatchSize, SamplesAnEpoch)..SamplesAnEpoch],
            BatchSize = _options.BatchSize,
            Augment = _options.Augment,
            Seed = _options.Seed,
            Epoch = epoch,
            PinMemory = _model.TorchDevice.type == DeviceType.CUDA,
            Workers = _options.Workers,
        };
    }

    private void TrainBatch(Batch batch, RunningMetrics metrics)
    {
        using var scope = torch.NewDisposeScope();
        Backward(batch, BatchesOfStep(metrics.Step), metrics);
        RequireFinite(metrics);
        if (!IsStepDone(metrics.Step))
            return;
        var position = Position(_optimizer.Steps);
        Step(_options.Schedule.Factor(position), _options.Schedule.Momentum(position));
    }

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
            throw new TrainingDivergedException(_state.Epoch, metrics.Step, metrics.Loss, RateAt(_optimizer.Steps));
    }

    /// <summary>Adds a batch's share to the gradients.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="batches">How many batches share a step.</param>
    /// <param name="metrics">Where the batch is counted.</param>
    /// <returns>Its mean loss.</returns>
    private torch.Tensor Backward(Batch batch, int batches, RunningMetrics metrics)
    {
        // Dropout draws from libtorch's one global generator; it starts anew for each batch, so that what a batch draws depends
        // on nothing before it.
        torch.manual_seed(new SeededRandom(_options.Seed, _state.Epoch, metrics.Step).Next(int.MaxValue));
        var targets = batch.Targets.to(_model.TorchDevice);
        var outputs = _prefix.Tail(batch.Images);
        var loss = _loss.Mean(outputs, targets);
        _scaler.Scale(loss / batches).backward();
        metrics.Add(outputs, targets, loss, _loss.WeightOf(targets));
        return loss;
    }

    /// <summary>Changes the weights by the gradients of the batches since the last step.</summary>
    private void Step(double factor, double? momentum)
    {
        if (_scaler.Unscale(_parameters))
        {
            if (_options.ClipValue is { } value)
                Gradients.ClipValue(_parameters, value);
            if (_options.ClipNorm is { } norm)
                Gradients.ClipNorm(_parameters, norm);
            _optimizer.Step(factor, momentum);
            _average?.AfterStep();
        }
        _optimizer.ClearGradients();
    }

    /// <summary>
    /// One pass over the validation samples, with the averaged weights where there are some; leaves the result in the model.
    /// </summary>
    private RunningMetrics Validate(CancellationToken cancellationToken)
    {
        var metrics = new RunningMetrics(_validation.Targets.Task, _validation.Count, _options.BatchSize);
        var read = Evaluator.Order(_validation, _model, _options.BatchSize, _options.Workers);
        var isAveraged = _average is { Taken: > 0 };
        if (isAveraged)
            _average!.Swap();
        try
        {
            if (isAveraged && _options.Average!.NeedsStatistics)
                EstimateStatistics(cancellationToken);
            _network.SetTraining(false);
            Remember(_validationFeatures, read, cancellationToken);
            var features = _validationFeatures.Read(read, 0, cancellationToken);
            _model.Evaluation = Evaluator.Run(features, _prefix.Tail, _loss, _validation, metrics,
                () => _watch.Report(metrics.Progress(_state.Epoch, _options.Epochs, TrainingPhase.Validation)));
            RequireFinite(metrics);
            if (_best is not null && _score.IsBetter(_score.ValueOf(_model.Evaluation), BestValue))
                _best.Take();
        }
        finally
        {
            if (isAveraged)
                _average!.Swap();
        }
        metrics.Stop();
        return metrics;
    }

    /// <summary>
    /// Averaged weights need batch-norm statistics of their own; training samples that aren't augmented give them.
    /// </summary>
    private void EstimateStatistics(CancellationToken cancellationToken)
    {
        _prefix.EnterTraining();
        var read = Evaluator.Order(_train, _model, _options.BatchSize, _options.Workers);
        BatchNormStatistics.Estimate(_network, _trainFeatures.Read(read, 0, cancellationToken).Select(batch =>
        {
            batch.Targets.Dispose();
            return batch.Images;
        }), _prefix.Tail);
    }

    private double BestValue => _state.BestEpoch == 0 ? double.NaN : _state.History[_state.BestEpoch - 1].Watched;

    private void FinishEpoch(RunningMetrics training, RunningMetrics validation)
    {
        var watched = _score.ValueOf(_model.Evaluation!);
        var result = EpochResult.Of(_state.Epoch, training, validation, watched, RateAt(_optimizer.Steps - 1));
        _state = _state with { LastMetrics = ModelMetrics.Of(_model.Evaluation!) };
        if (_score.IsBetter(watched, BestValue))
        {
            _state = _state with { BestEpoch = _state.Epoch, BestMetrics = _state.LastMetrics };
            _bestEvaluation = _model.Evaluation;
        }
        _state = _state with { Epoch = _state.Epoch + 1, Sums = new(), History = [.. _state.History, result] };
        if (result.Epoch % _options.Checkpoints?.EveryEpochs == 0 || result.Epoch == _options.Epochs || IsStalled)
            Save();
        _watch.Report(validation.Progress(result.Epoch, _options.Epochs, TrainingPhase.Validation) with { Finished = result });
        _options.Logger.EpochFinished(result.Epoch, _options.Epochs, result);
    }

    private int SamplesAnEpoch => Math.Min(_batches * _options.BatchSize, _train.Count);

    /// <summary>The last step of an epoch takes the batches that are left.</summary>
    private bool IsStepDone(int batches) => batches % _options.AccumulateBatches == 0 || batches == _batches;

    /// <summary>How many batches the step has that a batch belongs to.</summary>
    private int BatchesOfStep(int batch) =>
        Math.Min(_options.AccumulateBatches, _batches - batch / _options.AccumulateBatches * _options.AccumulateBatches);

    private SchedulePosition Position(long step)
    {
        var steps = (_batches + _options.AccumulateBatches - 1) / _options.AccumulateBatches;
        return new SchedulePosition((int)step, steps * _options.Epochs, steps)
        {
            Watched = [.. _state.History.Select(epoch => epoch.Watched)],
            HigherIsBetter = _score.HigherIsBetter,
        };
    }

    /// <summary>The highest rate, which is the head's, in a step.</summary>
    private double RateAt(long step) =>
        _options.Schedule.Rate(_optimizer.Groups.Max(group => group.BaseRate), Position(Math.Max(step, 0)));

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

    private IReadOnlyDictionary<string, string> RunIdentity() => new Dictionary<string, string>(_options.Describe())
    {
        ["Plan"] = $"{_model.Plan}",
        ["Image size"] = $"{_model.Preprocessing.CropSize}",
        ["Computes in"] = $"{_model.ComputeType}",
        ["Training samples"] = $"{_train.Count}, {_train.Targets.Checksum:x8}",
        ["Validation samples"] = $"{_validation.Count}, {_validation.Targets.Checksum:x8}",
        ["Classes"] = string.Join(", ", _train.ClassNames),
    };

    /// <summary>Goes on from the newest checkpoint.</summary>
    private void Resume()
    {
        if (_checkpoints!.Newest(_state.Run) is not var (state, tensors))
            return;
        try
        {
            NamedTensors.Copy(tensors, Tensors());
            _optimizer.Steps = state.Steps;
            if (_average is not null)
                _average.Taken = state.Averaged;
            _scaler.State = (state.LossScale, state.StepsSinceScaling);
            _bestEvaluation = state.BestMetrics?.ToResult(_train.ClassNames);
            _model.Evaluation = _best is null ? state.LastMetrics?.ToResult(_train.ClassNames) : _bestEvaluation;
            _state = state;
            if (state.Threads != 0 && Threads != 0 && state.Threads != Threads)
                _options.Logger.ThreadsDiffer(state.Threads, Threads);
        }
        finally
        {
            foreach (var tensor in tensors.Values)
                tensor.Dispose();
        }
    }

    private void Save() => _checkpoints?.Write(_state with
    {
        Steps = _optimizer.Steps,
        Averaged = _average?.Taken ?? 0,
        LossScale = _scaler.State.Scale,
        StepsSinceScaling = _scaler.State.Steps,
        Threads = Threads,
    }, Tensors());

    /// <summary>Threads whose number decides how sums are rounded; 0 on a GPU.</summary>
    private int Threads => _model.TorchDevice.type == DeviceType.CPU ? TorchRuntime.Threads : 0;

    /// <summary>All live tensors that a run consists of.</summary>
    private IEnumerable<(string Name, torch.Tensor Value)> Tensors() =>
    [
        .. _network.NamedWeights().Select(found => ($"model.{found.Name}", found.Weight.Value)),
        .. _optimizer.State.Select(found => ($"optimizer.{found.Name}", found.Value)),
        .. _average?.State.Select(found => ($"average.{found.Name}", found.Value)) ?? [],
        .. _best?.State.Select(found => ($"best.{found.Name}", found.Value)) ?? [],
    ];

    private FrozenLayersReport Report()
    {
        var (frozen, total) = _prefix.MultiplyAdds(_network.InputShape(_model.Preprocessing.CropSize));
        var forwards = (double)_state.History.Count * (SamplesAnEpoch + _validation.Count);
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
        _optimizer.ClearGradients();
        _network.SetTraining(false);
        _trainFeatures.Dispose();
        _validationFeatures.Dispose();
        _prefix.Dispose();
        _optimizer.Dispose();
        _average?.Dispose();
        _best?.Dispose();
        _loss.Dispose();
    }
}
