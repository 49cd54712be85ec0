using TorchSharp;

namespace TransferKit;

/// <summary>
/// Strategies that fit a linear head to features of all samples, which are computed once: how the head is found is theirs.
/// </summary>
internal abstract record FrozenFeaturesStrategy : TrainingStrategy
{
    /// <summary>Finds the head's weights.</summary>
    /// <param name="problem">The head, and what it has to say of which features.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>What was found out on the way.</returns>
    private protected abstract LinearFit Fit(LinearProblem problem, CancellationToken cancellationToken);

    /// <summary>What counts of the options, and what takes the place of the others.</summary>
    private protected abstract Dictionary<string, string> Settings(LearningTask task, Score score, TrainingOptions options);

    /// <summary>Every sample is read once, and the loss is the task's own.</summary>
    internal override void RequireFitting(Dataset train, TrainingOptions options)
    {
    }

    internal override TrainingOutcome Run(
        LiveModel model, TrainingRequest request, TrainingWatch watch, CancellationToken cancellationToken)
    {
        var linear = HeadOf(model);
        var (train, validation, options) = (request.Train, request.Validation, request.Options);
        var (task, score) = (request.Task.Task, request.Score);
        model.Follow(HeadAlone(model), model.Preprocessing);
        using var prefix = FrozenPrefix.Of(model.Network, model.Recipe.BatchNorm);
        prefix.Compile(model);
        watch.Epochs = 1;
        watch.Started(model, request, Settings(task, score, options), history: []);

        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        using var training = new RunningMetrics(task, train.Count, train.Count);
        using var before = new ModelSnapshot(model);
        var (reason, history, bytes) = (StopReason.Completed, new List<EpochResult>(), 0L);
        try
        {
            using var learned = FeaturesOf(train);
            TrainingChecks.RequireReadClasses(
                train, Enumerable.Range(0, train.Count).Except(learned.Indices).ToHashSet(), options.Logger);
            var targets = train.Targets.Definition.HasOneClass
                ? torch.nn.functional.one_hot(learned.Targets, train.ClassNames.Count)
                : learned.Targets;
            using var held = FeaturesOf(validation);
            var problem = new LinearProblem(linear, model.Recipe.Head, learned.Values, targets, request, MeasureHeld);
            var found = Fit(problem, cancellationToken);
            foreach (var (name, choice) in found.Choices)
                watch.Chose(name, choice);
            Measure(learned, train, training);
            using var measuring = new RunningMetrics(task, validation.Count, validation.Count);
            model.Evaluation = Measure(held, validation, measuring);
            TrainingChecks.WarnOfUnreadClasses(validation, model.Evaluation, options.Logger);
            var epoch = EpochResult.Of(1, training, measuring, score.ValueOf(model.Evaluation), found.Rates);
            history.Add(epoch);
            bytes = (learned.Values.numel() + held.Values.numel()) * sizeof(float);
            watch.Report(measuring.Progress(1, 1, TrainingPhase.Validation) with { Finished = epoch });

            double MeasureHeld()
            {
                using var once = new RunningMetrics(task, validation.Count, validation.Count);
                return score.ValueOf(Measure(held, validation, once));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            before.Restore();
            reason = StopReason.Cancelled;
        }
        catch (Exception error)
        {
            before.Restore();
            watch.Failed(error);
            throw;
        }
        NativeHeap.Trim();
        var report = Report();
        watch.Ended(reason, report);
        return new TrainingOutcome(history, reason, history.Count, report);

        FeatureMatrix FeaturesOf(Dataset data)
        {
            var images = new ImageBatches(model, data);
            images.Skipped += watch.Skip;
            using var counted = new RunningMetrics(task, data.Count, options.BatchSize);
            var pass = model.ReadInOrder(data, options.BatchSize, options.Workers);
            var (features, targets, indices) = (new List<torch.Tensor>(), new List<torch.Tensor>(), new List<int>());
            // Behind the prefix there may be dropout, which does nothing now.
            var rest = model.Network.Steps.Skip(prefix.Length).SkipLast(1).ToList();
            foreach (var batch in new FeatureBatches(images, model, prefix).Read(pass, cancellationToken))
            {
                using (batch)
                using (torch.NewDisposeScope())
                {
                    var inputs = TensorOperations.Forward(rest, batch.Features).to(torch.float32, torch.CPU, copy: true);
                    features.Add(inputs.MoveToOuterDisposeScope());
                    targets.Add(batch.Targets.to(torch.CPU, copy: true).MoveToOuterDisposeScope());
                }
                indices.AddRange(batch.Indices);
                counted.Pass(batch.Indices.Count);
                watch.Report(counted.Progress(1, 1, TrainingPhase.Preparation));
            }
            TrainingChecks.RequireRead(indices.Count, data.Count);
            return new FeatureMatrix(
                torch.cat(features).DetachFromDisposeScope(), torch.cat(targets).DetachFromDisposeScope(), indices);
        }

        EvaluationResult Measure(FeatureMatrix features, Dataset data, RunningMetrics metrics)
        {
            using var loss = Loss.DefaultFor(task).Prepare(data.Targets, model.Device);
            var result = Evaluator.Run([features.SendTo(model.Device)], batch => linear.Forward(batch.Features), loss, data,
                metrics, onBatch: null);
            metrics.Stop();
            return result;
        }

        FrozenLayersReport Report()
        {
            var (frozen, total) = prefix.MultiplyAdds(model.Network.InputShape(model.Preprocessing.CropSize));
            return new FrozenLayersReport
            {
                Share = (double)frozen / total, IsCompiled = prefix.IsCompiled, TrainingViews = 1, KeepsValidation = true,
                CacheBytes = bytes, CacheInFile = false, SavedShare = 0,
            };
        }
    }

    /// <exception cref="InvalidOperationException">The head isn't linear.</exception>
    private static Linear HeadOf(LiveModel model) =>
        model.Network.Heads is [var head]
            && Network.Flatten(head).Where(layer => layer is not Dropout).ToList() is [Linear { Bias: not null } linear]
            && ReferenceEquals(model.Network.Steps[^1], linear)
            ? linear
            : throw new InvalidOperationException("A linear probe needs a network that ends in a linear head, and that of "
                + $"{model.Recipe.Model} is {model.Recipe.Head?.ToString() ?? "its own"} "
                + $"({model.Network.Steps[model.Network.HeadStep].Kind}): "
                + (model.Network.OutputLayers is [Conv]
                    ? "it scores every pixel and averages the scores. Take Head.Dropout, whose linear layer sees the averages,"
                    : "take Head.Linear or Head.Dropout,") + " or train the head with FreezeAll and Train.");

    /// <summary>What the head takes of all samples of a dataset that could be read, on the CPU. Owns its tensors.</summary>
    /// <param name="Values">float32 <c>[N, features]</c>.</param>
    /// <param name="Targets">As a batch has them.</param>
    /// <param name="Indices">Where the samples lie in the dataset.</param>
    private sealed record FeatureMatrix(torch.Tensor Values, torch.Tensor Targets, IReadOnlyList<int> Indices) : IDisposable
    {
        /// <summary>A copy of it as one batch on a device.</summary>
        public FeatureBatch SendTo(torch.Device device) => new(
            Values.to(device).alias(), Targets.to(device).alias(), Indices, number: 0);

        public void Dispose()
        {
            Values.Dispose();
            Targets.Dispose();
        }
    }
}

/// <summary>A linear layer to find for samples.</summary>
/// <param name="Layer">Takes the solution.</param>
/// <param name="Head">What the features are made for; null: the network's own head.</param>
/// <param name="Features">float32 <c>[N, features]</c>, on the CPU.</param>
/// <param name="Targets">
/// <c>[N, outputs]</c>: 1 for each class that a sample has and 0 for the others, or the numbers of a regression.
/// </param>
/// <param name="Request">What the training was asked for.</param>
/// <param name="Measure">The score of the layer, as it is when this is called, on the validation samples.</param>
internal sealed record LinearProblem(
    Linear Layer, Head? Head, torch.Tensor Features, torch.Tensor Targets, TrainingRequest Request, Func<double> Measure);

/// <summary>What was found out besides the weights.</summary>
/// <param name="Choices">What was chosen, in words, name by name.</param>
/// <param name="Rates">The learning rate of the layer; empty where no steps were made.</param>
internal sealed record LinearFit(IReadOnlyDictionary<string, string> Choices, IReadOnlyList<double> Rates);
