namespace TransferKit;

public sealed partial class TransferModel
{
    /// <summary>Measures the model on labeled samples, which are not augmented.</summary>
    /// <param name="data">The samples; their classes are the model's, in any order, which is then that of the scores.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">
    /// The data has other classes than the model, or another task, or no samples; or the model's classes have no names; or an
    /// option is out of range.
    /// </exception>
    /// <exception cref="DistributedException">Another process failed, or does something else.</exception>
    public EvaluationResult Evaluate(
        Dataset data, EvaluationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new EvaluationOptions();
        options.Validate();
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_task is { } task && task != data.Targets.Task)
            throw new ArgumentException(
                $"The model has learned {task}, and the data has {data.Targets.Task} targets.", nameof(data));
        if (ClassOrder.Of(data.ClassNames, ClassNames) is null)
            throw new ArgumentException(_classNames is null
                ? $"The model doesn't know yet what its {Network.Classes} outputs are: train it, or set ClassNames. The data has "
                    + $"{ClassOrder.Show(data.ClassNames)}."
                : $"The model knows the classes {ClassOrder.Show(_classNames)}; the data has {ClassOrder.Show(data.ClassNames)}. "
                    + "Open the data with the model's classes, as in ImageFolder.Open(root, classes: model.ClassNames); or set "
                    + "ClassNames where they are only called otherwise.", nameof(data));
        return LargeBlockThread.Run(() => options.Distributed.Together(() =>
        {
            if (options.Distributed.Size > 1)
                RankAgreement.Require(options.Distributed,
                [
                    .. RankAgreement.FactsOf(Live, data, options.BatchSize),
                    RunFact.Of("Classes", string.Join(", ", ClassNames)),
                    RunFact.Of(nameof(options.TestTimeAugmentation), $"{options.TestTimeAugmentation}"),
                ]);
            return Evaluator.Run(Live, data, ClassNames, options, cancellationToken);
        }));
    }

    /// <summary>
    /// Measures the network's features, whatever its head says: each sample gets the class that the most similar samples of known
    /// class vote for, each with <c>exp(cosine / temperature)</c> (Wu et al., 2018; with these defaults, Caron et al., 2021). It
    /// needs no training, and is the usual measure of self-supervised weights beside a linear probe.
    /// </summary>
    /// <param name="train">The samples whose classes vote.</param>
    /// <param name="data">
    /// The samples to classify, of the same classes in any order; the same object as <paramref name="train"/>: each sample is
    /// classified by the others.
    /// </param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The scores; probabilities are the classes' shares of the votes.</returns>
    /// <exception cref="ArgumentException">
    /// The samples don't have one class each, or the data has other classes; or an option is out of range.
    /// </exception>
    public EvaluationResult EvaluateNeighbors(
        Dataset train, Dataset data, NeighborOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new NeighborOptions();
        options.Validate();
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var (set, name) in new[] { (train, nameof(train)), (data, nameof(data)) })
            if (!set.Targets.Definition.HasOneClass)
                throw new ArgumentException(
                    $"Neighbors vote for one class a sample, and these samples have {set.Targets.Task} targets.", name);
        if (ClassOrder.Of(train.ClassNames, data.ClassNames) is null)
            throw new ArgumentException($"The samples that vote have the classes {ClassOrder.Show(train.ClassNames)}, and the "
                + $"data has {ClassOrder.Show(data.ClassNames)}.", nameof(data));
        return LargeBlockThread.Run(() => NeighborEvaluation.Run(Live, train, data, options, cancellationToken));
    }

    /// <summary>
    /// Makes the model as sure as it is right, by temperature scaling ("On calibration of modern neural networks", Guo et al.,
    /// 2017): finds the one number, kept as <see cref="Temperature"/> and saved with the model, that logits have to be divided by
    /// for the lowest log loss. What the model takes for likeliest stays the same. Training further ends the calibration.
    /// </summary>
    /// <param name="validation">Labeled samples that the model wasn't trained on, a few hundred at least.</param>
    /// <param name="options">
    /// How; null: the defaults. Without views: predictors divide the logits of each view, before they average probabilities.
    /// </param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The temperature, and how sure the model was before and is now.</returns>
    /// <exception cref="ArgumentException">
    /// The data has another task or other classes than the model, or no samples; or the model is a regression, which has no
    /// probabilities; or the options are out of range, or ask for views.
    /// </exception>
    public Calibration Calibrate(
        Dataset validation, EvaluationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(validation);
        RequireRest();
        if (!TaskDefinition.Of(Task).HasClasses)
            throw new ArgumentException("A regression gives numbers and no probabilities, so there is nothing to calibrate.",
                nameof(validation));
        if (options?.TestTimeAugmentation is { } views)
            throw new ArgumentException($"A model is calibrated on the samples themselves, not on {views} views: leave "
                + $"{nameof(EvaluationOptions.TestTimeAugmentation)} out. The temperature holds for predictions with views too.",
                nameof(options));
        var before = Evaluate(validation, options, cancellationToken);
        var calibration = Calibration.Fit(before);
        Temperature = calibration.Temperature;
        return calibration;
    }
}
