namespace TransferKit;

/// <inheritdoc cref="TrainingStrategy.FineTune"/>
internal sealed record FineTuneStrategy(double Rate, int HeadEpochs) : PhasedStrategy
{
    // fastai counts the last rate from the highest, 1e-5 of it; OneCycle from the first.
    private const double LastOfHighest = 1e5;
    private const double HeadStart = 25, RestStart = 5, HundredthOfRate = 100;

    private protected override IReadOnlyList<StrategyPhase> Phases(LiveModel model, TrainingOptions options) =>
    [
        new(HeadAlone(model), options with
        {
            Epochs = HeadEpochs,
            Optimizer = Adam(Rate),
            LearningRates = LearningRates.Uniform,
            Schedule = Schedule.OneCycle(rise: 0.99, HeadStart, LastOfHighest / HeadStart),
        }),
        new(model.Recipe with { Freezing = new FreezePlan { AllTrain = true } }, options with
        {
            Optimizer = Adam(Rate / 2),
            LearningRates = LearningRates.Slice(Rate / 2 / HundredthOfRate, Rate / 2),
            Schedule = Schedule.OneCycle(rise: 0.3, RestStart, LastOfHighest / RestStart),
        }),
    ];

    public override string ToString() => FormattableString.Invariant(
        $"fine-tuning, rate {Rate}, {HeadEpochs} {(HeadEpochs == 1 ? "epoch" : "epochs")} for the head");

    internal override IEnumerable<string> ValidationErrors(TrainingOptions options)
    {
        if (!(Rate > 0) || !double.IsFinite(Rate))
            yield return FormattableString.Invariant($"The rate of fine-tuning is {Rate}, but must be a number above 0.");
        if (HeadEpochs < 1)
            yield return $"The head's epochs of fine-tuning are {HeadEpochs}, but must be at least 1.";
    }

    private static Optimizer Adam(double rate) => Optimizer.AdamW(rate, beta1: 0.9, beta2: 0.99, weightDecay: 0.01);
}

/// <inheritdoc cref="TrainingStrategy.GradualUnfreezing"/>
internal sealed record GradualStrategy(int EpochsPerStage) : PhasedStrategy
{
    private protected override IReadOnlyList<StrategyPhase> Phases(LiveModel model, TrainingOptions options)
    {
        var possible = (options.Epochs + EpochsPerStage - 1) / EpochsPerStage;
        var count = Math.Min(possible, model.Network.Stages().Count + 1);
        var head = HeadAlone(model);
        return
        [
            .. Enumerable.Range(0, count).Select(stages => new StrategyPhase(head with
            {
                Freezing = head.Freezing.With(train: true, model.Network.LastStages(stages)),
            }, options with
            {
                Epochs = stages < count - 1 ? EpochsPerStage : options.Epochs - (count - 1) * EpochsPerStage,
            })),
        ];
    }

    public override string ToString() =>
        $"gradual unfreezing, {EpochsPerStage} {(EpochsPerStage == 1 ? "epoch" : "epochs")} a stage";

    internal override IEnumerable<string> ValidationErrors(TrainingOptions options)
    {
        if (EpochsPerStage < 1)
            yield return $"The epochs per stage of gradual unfreezing are {EpochsPerStage}, but must be at least 1.";
    }
}

/// <inheritdoc cref="TrainingStrategy.ProgressiveResizing"/>
internal sealed record ProgressiveStrategy(IReadOnlyList<int> ImageSizes) : PhasedStrategy
{
    private protected override IReadOnlyList<StrategyPhase> Phases(LiveModel model, TrainingOptions options)
    {
        if (model.Network.ImageSize is { } fixedSize)
            throw new InvalidOperationException($"{model.Recipe.Model} is built for images of {fixedSize} px, and can't take "
                + $"{string.Join(", ", ImageSizes)} px in turn: choose a convolutional network, or one size with WithImageSize.");
        var (each, last) = (options.Epochs / ImageSizes.Count, ImageSizes.Count - 1);
        return
        [
            .. ImageSizes.Select((pixels, index) => new StrategyPhase(model.Recipe.WithImageSize(pixels), options with
            {
                Epochs = index < last ? each : options.Epochs - last * each,
            })),
        ];
    }

    public override string ToString() => $"progressive resizing, {string.Join(", ", ImageSizes)} px";

    internal override IEnumerable<string> ValidationErrors(TrainingOptions options)
    {
        if (ImageSizes.Count == 0)
            yield return "Progressive resizing has no image sizes.";
        if (options.Epochs < ImageSizes.Count)
            yield return $"Epochs is {options.Epochs}, but progressive resizing has {ImageSizes.Count} image sizes.";
        if (ImageSizes.Zip(ImageSizes.Skip(1)).Any(pair => pair.First >= pair.Second) || ImageSizes.Any(pixels => pixels < 1))
            yield return $"The sizes of progressive resizing are {string.Join(", ", ImageSizes)}, but must grow, from 1 on.";
    }
}
