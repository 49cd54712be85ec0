using Microsoft.Extensions.Logging;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>The training loop.</summary>
internal sealed class TrainingEngine(TransferModel model, TrainingOptions options, IProgress<TrainingProgress>? progress)
{
    private readonly Network _network = model.Network;
    private readonly FrozenPrefix _prefix = FrozenPrefix.Of(model.Network, model.Plan.BatchNorm);

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

    public TrainingResult Run(Dataset train, Dataset validation, CancellationToken cancellationToken)
    {
        var parameters = _network.NamedWeights()
            .Where(found => found.Weight.Trains).Select(found => (Parameter)found.Weight.Value).ToList();
        if (parameters.Count == 0)
            throw new InvalidOperationException("Nothing trains: unfreeze some layers, or replace the head.");
        using var optimizer = options.Optimizer.Create(parameters);
        // Dropout draws from libtorch's one global generator, so that is the one to seed.
        torch.manual_seed(options.Seed);
        options.Logger.LogInformation("Training {Model}: {Train} training and {Validation} validation samples, {Parameters}",
            model.Plan, train.Count, validation.Count, model.Parameters);

        using var best = options.RestoreBest ? new WeightsSnapshot(_network) : null;
        EvaluationResult? bestEvaluation = null;
        var history = new List<EpochResult>();
        var stopped = StopReason.Completed;
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            var training = TrainEpoch(train, epoch, optimizer, cancellationToken);
            if (training is null)
            {
                stopped = StopReason.Cancelled;
                break;
            }
            var (trainTime, trainImagesPerSecond) = (training.Elapsed, training.ImagesPerSecond);

            RunningMetrics? last = null;
            try
            {
                model.Evaluation = Evaluator.Run(model, validation, new(options.BatchSize, options.Workers), metrics =>
                {
                    last = metrics;
                    progress?.Report(metrics.Progress(epoch, options.Epochs, TrainingPhase.Validation));
                }, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                stopped = StopReason.Cancelled;
                break;
            }

            var result = new EpochResult
            {
                Epoch = epoch,
                TrainLoss = training.Loss,
                TrainAccuracy = training.Accuracy,
                ValidationLoss = model.Evaluation.Loss,
                ValidationAccuracy = model.Evaluation.Accuracy,
                TrainTime = trainTime,
                ValidationTime = last!.Elapsed,
                TrainImagesPerSecond = trainImagesPerSecond,
            };
            history.Add(result);
            if (best is not null && !(model.Evaluation.Accuracy <= bestEvaluation?.Accuracy))
            {
                best.Take();
                bestEvaluation = model.Evaluation;
            }
            progress?.Report(last.Progress(epoch, options.Epochs, TrainingPhase.Validation) with { Finished = result });
            options.Logger.LogInformation("Epoch {Epoch}/{Epochs}: {Result}", epoch, options.Epochs, result);
        }

        if (bestEvaluation is not null)
        {
            best!.Restore();
            model.Evaluation = bestEvaluation;
        }
        _network.SetTraining(false);
        return new TrainingResult { Model = model, History = history, StopReason = stopped };
    }

    /// <summary>One pass over the training samples; null if it was cancelled.</summary>
    private RunningMetrics? TrainEpoch(
        Dataset data, int epoch, torch.optim.Optimizer optimizer, CancellationToken cancellationToken)
    {
        _prefix.EnterTraining();
        var metrics = new RunningMetrics(data.ClassNames.Count, data.Count, options.BatchSize);
        var order = Enumerable.Range(0, data.Count).ToArray();
        new SeededRandom(options.Seed, epoch).Shuffle<int>(order);
        var read = new ReadOptions
        {
            Preprocessing = model.Preprocessing,
            Order = order,
            BatchSize = options.BatchSize,
            Augment = options.Augment,
            Seed = options.Seed,
            Epoch = epoch,
            Workers = options.Workers,
        };
        var step = 0;
        // Cancelling ends the loop below after the batch; it is no error, so the reader is not told.
        foreach (var batch in data.Read(read, CancellationToken.None))
        {
            using (batch)
            using (torch.NewDisposeScope())
            {
                if (cancellationToken.IsCancellationRequested)
                    return null;
                step++;
                var logits = _prefix.Forward(model.Receive(batch.Images));
                var loss = functional.cross_entropy(logits, batch.Targets.to(model.TorchDevice));
                var lossValue = loss.item<float>();
                if (!float.IsFinite(lossValue))
                    throw new TrainingDivergedException(epoch, step, lossValue, options.Optimizer.LearningRate);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                metrics.Add(logits, batch.Targets, lossValue);
            }
            progress?.Report(metrics.Progress(epoch, options.Epochs, TrainingPhase.Training));
        }
        return metrics;
    }
}
