using Microsoft.Extensions.Logging;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>The training loop.</summary>
internal sealed class TrainingEngine : IDisposable
{
    private readonly TransferModel _model;
    private readonly Network _network;
    private readonly TrainingOptions _options;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly Dataset _train, _validation;
    private readonly FrozenPrefix _prefix;
    private readonly FeatureReader _trainFeatures, _validationFeatures;

    public TrainingEngine(TransferModel model, Dataset train, Dataset validation, TrainingOptions options,
        IProgress<TrainingProgress>? progress)
    {
        (_model, _network, _options, _progress) = (model, model.Network, options, progress);
        (_train, _validation) = (train, validation);
        _prefix = FrozenPrefix.Of(model.Network, model.Plan.BatchNorm);
        _prefix.Compile(model);
        // Keeping features pays where they are needed again.
        var views = options.CachedViews > 0 ? options.CachedViews : options.Augment ? 0 : 1;
        _trainFeatures = new FeatureReader(model, _prefix, train, views < options.Epochs ? views : 0);
        _validationFeatures = new FeatureReader(model, _prefix, validation, options.Epochs > 1 ? 1 : 0);
    }

    /// <summary>Checks that data and head belong together, before anything costs time.</summary>
    /// <exception cref="ArgumentException">They don't; the message says what to change.</exception>
    public static void Check(Dataset train, Dataset validation, int classes)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        if (train.Count == 0)
            throw new ArgumentException("There are no samples to train on.", nameof(train));
        if (validation.Count == 0)
            throw new ArgumentException("There are no samples to validate on.", nameof(validation));
        if (!train.ClassNames.SequenceEqual(validation.ClassNames))
            throw new ArgumentException($"Training has the classes {string.Join(", ", train.ClassNames)}, validation has "
                + $"{string.Join(", ", validation.ClassNames)}; both need the same.", nameof(validation));
        if (train.ClassNames.Count != classes)
            throw new ArgumentException($"The data has {train.ClassNames.Count} classes, the model has {classes}: "
                + $"call ReplaceHead({train.ClassNames.Count}) on the plan.", nameof(train));
    }

    public TrainingResult Run(CancellationToken cancellationToken)
    {
        var parameters = _network.NamedWeights()
            .Where(found => found.Weight.Trains).Select(found => (Parameter)found.Weight.Value).ToList();
        if (parameters.Count == 0)
            throw new InvalidOperationException("Nothing trains: unfreeze some layers, or replace the head.");
        using var optimizer = _options.Optimizer.Create(parameters);
        _options.Logger.LogInformation("Training {Model}: {Train} training and {Validation} validation samples, {Parameters}",
            _model.Plan, _train.Count, _validation.Count, _model.Parameters);

        using var best = _options.RestoreBest ? new WeightsSnapshot(_network) : null;
        EvaluationResult? bestEvaluation = null;
        var history = new List<EpochResult>();
        var stopped = StopReason.Completed;
        for (var epoch = 1; epoch <= _options.Epochs; epoch++)
        {
            EpochResult result;
            try
            {
                using var training = TrainEpoch(epoch, optimizer, cancellationToken);
                using var validation = Validate(epoch, cancellationToken);
                result = EpochResult.Of(epoch, training, validation);
                history.Add(result);
                _progress?.Report(validation.Progress(epoch, _options.Epochs, TrainingPhase.Validation) with { Finished = result });
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                stopped = StopReason.Cancelled;
                break;
            }
            if (best is not null && !(result.ValidationAccuracy <= bestEvaluation?.Accuracy))
            {
                best.Take();
                bestEvaluation = _model.Evaluation;
            }
            _options.Logger.LogInformation("Epoch {Epoch}/{Epochs}: {Result}", epoch, _options.Epochs, result);
        }

        if (bestEvaluation is not null)
        {
            best!.Restore();
            _model.Evaluation = bestEvaluation;
        }
        _network.SetTraining(false);
        NativeHeap.Trim();
        return new TrainingResult { Model = _model, History = history, StopReason = stopped, FrozenLayers = Report(history.Count) };
    }

    /// <summary>One pass over the training samples.</summary>
    private RunningMetrics TrainEpoch(int epoch, torch.optim.Optimizer optimizer, CancellationToken cancellationToken)
    {
        var metrics = new RunningMetrics(_train.Targets.Task, _train.Count, _options.BatchSize);
        var order = Enumerable.Range(0, _train.Count).ToArray();
        new SeededRandom(_options.Seed, epoch).Shuffle<int>(order);
        var read = new ReadOptions
        {
            Preprocessing = _model.Preprocessing,
            Order = order,
            BatchSize = _options.BatchSize,
            Augment = _options.Augment,
            Seed = _options.Seed,
            Epoch = epoch,
            Workers = _options.Workers,
        };
        if (epoch == 1)
            Remember(_trainFeatures, read, cancellationToken);
        _prefix.EnterTraining();
        foreach (var batch in _trainFeatures.Read(read, CancellationToken.None))
        {
            using (batch)
            using (torch.NewDisposeScope())
            {
                // The reader isn't told of cancelling, so that it takes effect between two steps.
                cancellationToken.ThrowIfCancellationRequested();
                // Dropout draws from libtorch's one global generator; it starts anew for each step, so that a step's randomness
                // depends on nothing before it.
                torch.manual_seed(new SeededRandom(_options.Seed, epoch, metrics.Step).Next(int.MaxValue));
                var targets = batch.Targets.to(_model.TorchDevice);
                var logits = _prefix.Tail(batch.Images).to_type(torch.ScalarType.Float32);
                var loss = functional.cross_entropy(logits, targets);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                metrics.Add(logits, targets, loss);
            }
            if (!double.IsFinite(metrics.Loss))
                throw new TrainingDivergedException(epoch, metrics.Step, metrics.Loss, _options.Optimizer.LearningRate);
            _progress?.Report(metrics.Progress(epoch, _options.Epochs, TrainingPhase.Training));
        }
        metrics.Read();
        metrics.Stop();
        return metrics;
    }

    /// <summary>One pass over the validation samples; leaves the result in the model.</summary>
    private RunningMetrics Validate(int epoch, CancellationToken cancellationToken)
    {
        var metrics = new RunningMetrics(_validation.Targets.Task, _validation.Count, _options.BatchSize);
        var read = Evaluator.Order(_validation, _model.Preprocessing, _options.BatchSize, _options.Workers);
        _network.SetTraining(false);
        if (epoch == 1)
            Remember(_validationFeatures, read, cancellationToken);
        _model.Evaluation = Evaluator.Run(_validationFeatures.Read(read, cancellationToken), _prefix.Tail, _validation, metrics,
            () => _progress?.Report(metrics.Progress(epoch, _options.Epochs, TrainingPhase.Validation)));
        metrics.Stop();
        return metrics;
    }

    /// <summary>Computes features that will be needed again, as far as that is wanted and there is room.</summary>
    private void Remember(FeatureReader features, ReadOptions read, CancellationToken cancellationToken)
    {
        if (_options.FeatureCache is not { } room)
            return;
        var used = _trainFeatures.IsFile ? 0 : _trainFeatures.Bytes;
        using var metrics = new RunningMetrics(LearningTask.Regression, features.Count, _options.BatchSize);
        features.Fill(read, room, used, samples =>
        {
            metrics.Pass(samples);
            _progress?.Report(metrics.Progress(1, _options.Epochs, TrainingPhase.Preparation));
        }, cancellationToken);
    }

    private FrozenLayersReport Report(int epochs)
    {
        var (frozen, total) = _prefix.MultiplyAdds(_network.InputShape(_model.Preprocessing.CropSize));
        var forwards = (double)epochs * (_train.Count + _validation.Count);
        return new FrozenLayersReport
        {
            Share = (double)frozen / total,
            IsCompiled = _prefix.IsCompiled,
            TrainingViews = _trainFeatures.KeptViews,
            KeepsValidation = _validationFeatures.KeptViews > 0,
            CacheBytes = _trainFeatures.Bytes + _validationFeatures.Bytes,
            CacheInFile = _trainFeatures.IsFile || _validationFeatures.IsFile,
            SavedShare = epochs == 0 ? 0 : (_trainFeatures.Saved + _validationFeatures.Saved) * frozen / (forwards * total),
        };
    }

    public void Dispose()
    {
        _trainFeatures.Dispose();
        _validationFeatures.Dispose();
        _prefix.Dispose();
    }
}
