namespace TransferKit;

/// <summary>
/// What of a model is trained when, and how. A value, set as <see cref="TrainingOptions.Strategy"/>; everything that trains
/// follows it: plans, models, <see cref="CrossValidation"/>.
/// </summary>
/// <remarks>
/// Some have several phases, whose epochs are numbered through. Each phase goes on from what the one before ended with, has its
/// own schedule from the start, and checkpoints in a folder of its own, <c>phase-1</c> and so on. Where <see
/// cref="TrainingOptions.RestoreBest"/> is on, the model ends with the weights of the best epoch of all phases. <see
/// cref="TrainingOptions.EarlyStopping"/> ends a phase, and the next one begins. The model stays unfrozen as the last phase had
/// it.
/// </remarks>
public abstract record TrainingStrategy
{
    private protected TrainingStrategy()
    {
    }

    /// <summary>What the plan unfreezes trains, in all epochs.</summary>
    public static TrainingStrategy SinglePhase { get; } = new SinglePhaseStrategy();

    /// <summary>
    /// fastai's <c>fine_tune</c> (Howard and Gugger, 2020): the head alone first, then everything for <see
    /// cref="TrainingOptions.Epochs"/> epochs at half the rate, which falls to a hundredth of that at the first stage. One cycle
    /// in both phases (the second starts at a fifth of its rate), AdamW with betas 0.9 and 0.99 and weight decay 0.01. Optimizer,
    /// schedule and rates of the options don't matter.
    /// </summary>
    /// <param name="rate">The head's rate in the first phase, above 0: fastai's <c>base_lr</c>.</param>
    /// <param name="headEpochs">Epochs of the first phase, at least 1: fastai's <c>freeze_epochs</c>.</param>
    /// <remarks>
    /// Unlike in fastai, frozen batch norms follow <see cref="TransferPlan.BatchNorm"/>, and Adam's epsilon is 1e-8.
    /// </remarks>
    public static TrainingStrategy FineTune(double rate = 2e-3, int headEpochs = 1) => new FineTuneStrategy(rate, headEpochs);

    /// <summary>
    /// The head alone first, then one more stage after every few epochs, the last stage first (ULMFiT; Howard and Ruder, 2018),
    /// until everything trains or the epochs are over; the last phase takes the epochs that are left. ULMFiT's rates are
    /// <c>LearningRates.LayerDecay(1 / 2.6)</c>.
    /// </summary>
    /// <param name="epochsPerStage">Epochs after which a further stage is unfrozen, at least 1.</param>
    public static TrainingStrategy GradualUnfreezing(int epochsPerStage = 1) => new GradualStrategy(epochsPerStage);

    /// <summary>
    /// Small images first, for speed, then larger ones (Howard, 2018): the epochs are shared out evenly, the last size taking
    /// what is left, and the model keeps the last size. For networks that take images of any size. Scores of different sizes
    /// don't compare, so the best epoch is the best of the last size.
    /// </summary>
    /// <param name="imageSizes">Heights and widths of the images, in pixels, each larger than the one before.</param>
    public static TrainingStrategy ProgressiveResizing(params IReadOnlyList<int> imageSizes)
    {
        ArgumentNullException.ThrowIfNull(imageSizes);
        return new ProgressiveStrategy([.. imageSizes]);
    }

    /// <summary>
    /// Only a linear head, and in seconds: the frozen backbone is run once over the samples, without augmentation, and the best
    /// head for its features is computed. Logistic regression by L-BFGS, or ridge regression in closed form, on standardized
    /// features, as scikit-learn's <c>LogisticRegression(C=1/l2)</c> and <c>Ridge(alpha=l2)</c> behind a <c>StandardScaler</c>.
    /// Of the other options, the batch size, workers and who watches count. The history has one epoch.
    /// </summary>
    /// <param name="l2">How strongly weights are drawn to 0, above 0.</param>
    public static TrainingStrategy LinearProbe(double l2 = 1) => new LinearProbeStrategy(l2);

    /// <summary>
    /// DINOv2's linear evaluation (Oquab et al., 2024): the frozen backbone is run once over the samples, without augmentation,
    /// and linear heads learn from its features side by side, one for each learning rate; the best on the validation samples
    /// becomes the model's. With <see cref="Head.ClassAndPatches"/> there are as many for the class token alone, and with class
    /// tokens of several blocks for the last one and for all, with and without the patches: what a head doesn't see gets weights
    /// of 0. Stochastic gradient descent with momentum 0.9 for <see cref="TrainingOptions.Epochs"/> epochs, without weight decay,
    /// at rates that fall to 0 by a half cosine. Of the other options, the batch size, the monitored score, the seed, workers and
    /// who watches count. The history has one epoch, with the best head's rate.
    /// </summary>
    /// <param name="rates">The learning rates, each above 0; none: the paper's 13 from 0.0001 to 0.5.</param>
    /// <remarks>
    /// The best of many is measured on the samples by which it was chosen: keep others for a number to report. In the paper
    /// images are augmented. Its published code tries other rates, from 0.00001 to 0.1, each times the batch size over 256.
    /// </remarks>
    public static TrainingStrategy LinearProbeGrid(params IReadOnlyList<double> rates)
    {
        ArgumentNullException.ThrowIfNull(rates);
        return new LinearProbeGridStrategy(rates.Count == 0 ? LinearProbeGridStrategy.PaperRates : [.. rates]);
    }

    /// <summary>The strategy in words: <c>fine-tuning, rate 0.002, 1 epoch for the head</c>.</summary>
    public abstract override string ToString();

    internal abstract TrainingOutcome Run(
        LiveModel model, TrainingRequest request, TrainingWatch watch, CancellationToken cancellationToken);

    internal virtual IEnumerable<string> ValidationErrors(TrainingOptions options) => [];

    /// <summary>Checks that the options which count for the strategy fit the samples.</summary>
    /// <exception cref="ArgumentException">One doesn't; the message says what to change.</exception>
    internal virtual void RequireFitting(Dataset train, TrainingOptions options)
    {
        options.Loss?.RequireFitting(train.Targets);
        options.Sampling.RequireFitting(train.Targets);
        if (options.DropLast && train.Count < options.BatchSize)
            throw new ArgumentException($"DropLast leaves no batch: there are {train.Count} training samples, and BatchSize is "
                + $"{options.BatchSize}.", nameof(options));
    }

    /// <summary>Everything but the head is frozen.</summary>
    private protected static ModelRecipe HeadAlone(LiveModel model) => model.Recipe with
    {
        Freezing = new FreezePlan { AllTrain = false }.With(train: true, model.Network.HeadPaths),
    };
}

/// <inheritdoc cref="TrainingStrategy.SinglePhase"/>
internal sealed record SinglePhaseStrategy : TrainingStrategy
{
    public override string ToString() => "single phase";

    internal override TrainingOutcome Run(
        LiveModel model, TrainingRequest request, TrainingWatch watch, CancellationToken cancellationToken)
    {
        using var engine = new TrainingEngine(model, request, watch);
        return engine.Run(cancellationToken);
    }
}
