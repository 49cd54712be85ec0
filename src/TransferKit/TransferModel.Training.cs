using TorchSharp;

namespace TransferKit;

public sealed partial class TransferModel
{
    /// <summary>Trains the model further, holding out <see cref="TrainingOptions.ValidationFraction"/> of the data.</summary>
    /// <inheritdoc cref="TransferPlan.Train"/>
    /// <returns>How the training went. The model stays the caller's.</returns>
    public TrainingResult Train(Dataset data, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        TrainOn(TrainingRequest.Of(data, options), progress, cancellationToken);

    /// <inheritdoc cref="TransferModelExtensions.Train"/>
    internal TrainingResult TrainOn(
        TrainingRequest request, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (request.Options.Distributed.Rank > 0)
            (request, progress) = (request.Unwatched(), null);
        var (train, validation, options) = (request.Train, request.Validation, request.Options);
        using var training = BeginTraining();
        var order = _classNames;
        FollowClasses(train);
        options.Logger.Weights(WeightsReport, Plan.Weights);
        var before = (_classNames, _task, Temperature, DescribePreparation, Live.Recipe, Preprocessing);
        (_classNames, _task, Temperature) = ([.. train.ClassNames], train.Targets.Task, null);
        DescribePreparation = validation.DescribePreparation;
        var watch = new TrainingWatch(options, progress) { Warnings = [.. TrainingChecks.Doubts(train, validation)] };
        foreach (var warning in watch.Warnings)
            options.Logger.DataDoubtful(warning);
        try
        {
            var outcome = LargeBlockThread.Run(() => options.Distributed.Together(
                () => options.Strategy.Run(Live, request, watch, cancellationToken)));
            Training = [.. Training, .. watch.Phases];
            return new TrainingResult
            {
                Model = this, History = outcome.History, StopReason = outcome.StopReason, BestEpoch = outcome.BestEpoch,
                FrozenLayers = outcome.FrozenLayers, Train = train, Validation = validation, Options = options,
                ObserverErrors = watch.Errors, Warnings = watch.Warnings, Phases = watch.Phases, Skipped = [.. watch.Skipped],
            };
        }
        catch (Exception error) when (error.TrainingHistory().Count == 0)
        {
            // It has learned nothing: its weights are what they were, and so is the rest.
            (_classNames, _task, Temperature, DescribePreparation, var recipe, var preprocessing) = before;
            Live.Follow(recipe, preprocessing);
            if (order is not null)
                OrderOutputs(order);
            throw;
        }
        catch
        {
            Live.Follow(Live.Recipe with { Freezing = before.Recipe.Freezing });
            Training = [.. Training, .. watch.Phases];
            throw;
        }
    }

    /// <summary>
    /// Sweeps over learning rates, from too low to too high, to find a good one (Smith, 2017; fastai's <c>lr_find</c>). The model
    /// is then as it was.
    /// </summary>
    /// <param name="data">The samples to train on.</param>
    /// <param name="options">
    /// How to train; the rate, the schedule, epochs and checkpoints don't matter. Null: the defaults.
    /// </param>
    /// <param name="low">The first rate, above 0.</param>
    /// <param name="high">The last rate, above <paramref name="low"/>.</param>
    /// <param name="steps">Steps to make, at least 10; fewer are made where the loss explodes.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public LearningRateSweep FindLearningRate(Dataset data, TrainingOptions? options = null, double low = 1e-7, double high = 10,
        int steps = 100, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var request = TrainingRequest.Of(data, data, (options ?? new TrainingOptions()) with
        {
            Checkpoints = null,
            Average = null,
            RestoreBest = false,
            FeatureCache = null,
            Monitor = null,
            Strategy = TrainingStrategy.SinglePhase,
            // Each of several processes makes the whole sweep.
            Distributed = ProcessGroup.Alone,
        });
        using var training = BeginTraining();
        var before = _classNames;
        FollowClasses(data);
        try
        {
            return LargeBlockThread.Run(() => RateSweep.Run(Live, request, low, high, steps, cancellationToken));
        }
        finally
        {
            if (before is not null)
                OrderOutputs(before);
        }
    }

    /// <summary>Begins with a new head where that of the weights is for other classes than the data's, or another task.</summary>
    internal void RenewHeadFor(Dataset data, Head head)
    {
        if ((_task is { } task && task != data.Targets.Task)
            || (_classNames is { } names && ClassOrder.Of(data.ClassNames, names) is null))
            ReplaceHead(head);
    }

    /// <summary>
    /// Lets the new head of a regression begin at the means of the targets: from zero, most of a short training would go into
    /// getting there.
    /// </summary>
    internal void StartAtMean(Targets targets)
    {
        if (_task is not null || targets.Definition.HasClasses
            || Biases() is not { Count: > 0 } biases || biases[0].Count != targets.Outputs)
            return;
        var means = Enumerable.Range(0, targets.Outputs).Select(output => targets.Rows.Average(values => values[output]));
        using var noGradient = torch.no_grad();
        using var values = torch.tensor(means.ToArray());
        foreach (var bias in biases)
            bias.Value.copy_(values);

        List<Weight> Biases() =>
            [.. Network.OutputLayers.SelectMany(layer => layer.Weights).Where(weight => weight.Name == "bias")];
    }

    /// <summary>Brings the outputs into the order of the classes of the data, which the model is to be trained on.</summary>
    /// <exception cref="ArgumentException">The model has learned other classes, or another task.</exception>
    private void FollowClasses(Dataset data)
    {
        if (_task is { } task && task != data.Targets.Task)
            throw new ArgumentException($"The model has learned {task}, and the data has {data.Targets.Task} targets: "
                + $"ReplaceHead(Head.Linear({data.ClassNames.Count})) gives it a new head for them.", nameof(data));
        if (_classNames is null)
            TrainingChecks.RequireOutputs(data, Network.Classes);
        else if (ClassOrder.Of(data.ClassNames, _classNames) is null)
            throw new ArgumentException(
                $"The model knows the classes {ClassOrder.Show(_classNames)}; the data has {ClassOrder.Show(data.ClassNames)}. "
                + "ReplaceHead(data.ClassNames) keeps what it has learned of those that it knows, and adds the others; set "
                + "ClassNames first where they are only called otherwise.", nameof(data));
        else
            OrderOutputs(data.ClassNames);
    }

    /// <summary>Brings the outputs into another order of their names.</summary>
    private void OrderOutputs(IReadOnlyList<string> names)
    {
        if (names.SequenceEqual(_classNames!))
            return;
        if (Network.OutputLayers.Count == 0)
            throw new ArgumentException("The head is a module of your own, whose outputs can't be put into another order: open "
                + "the data with the model's classes, as in ImageFolder.Open(root, classes: model.ClassNames).", nameof(names));
        Network.OrderOutputs(ClassOrder.Of(names, _classNames!)!);
        _classNames = [.. names];
    }

    /// <exception cref="InvalidOperationException">It is trained already.</exception>
    private TrainingGuard BeginTraining()
    {
        RequireRest();
        return new TrainingGuard(this);
    }

    /// <summary>The time in which the model is trained.</summary>
    private sealed class TrainingGuard : IDisposable
    {
        private readonly TransferModel _model;

        public TrainingGuard(TransferModel model)
        {
            _model = model;
            model._isTraining = true;
        }

        public void Dispose() => _model._isTraining = false;
    }
}
