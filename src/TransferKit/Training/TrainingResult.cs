namespace TransferKit;

/// <summary>A finished training run. Disposing it disposes the model where <see cref="TransferPlan"/> made it.</summary>
public sealed record TrainingResult : IDisposable
{
    /// <summary>
    /// The model, with the weights of <see cref="Best"/>, or of the last step where no epoch was finished or
    /// <see cref="TrainingOptions.RestoreBest"/> is off.
    /// </summary>
    public required TransferModel Model { get; init; }

    /// <summary>Every finished epoch, first to last.</summary>
    public required IReadOnlyList<EpochResult> History { get; init; }

    /// <summary>Why training ended.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>What was done to spare the work of layers that don't train.</summary>
    public required FrozenLayersReport FrozenLayers { get; init; }

    /// <summary>
    /// What <see cref="TrainingOptions.Observers"/> threw, in order; empty if all is well. An observer that threw knows nothing
    /// of what came after.
    /// </summary>
    public IReadOnlyList<Exception> ObserverErrors { get; init; } = [];

    /// <summary>
    /// The epoch with the best value of <see cref="TrainingOptions.Watch"/>, the first of equals; null if none was finished.
    /// </summary>
    public EpochResult? Best => BestEpoch == 0 ? null : History[BestEpoch - 1];

    /// <summary>The samples that were trained on.</summary>
    public required Dataset Train { get; init; }

    /// <summary>
    /// The samples that were held out: what the positions in <see cref="EvaluationResult.TopLosses"/> of the model's
    /// <see cref="TransferModel.Evaluation"/> belong to.
    /// </summary>
    public required Dataset Validation { get; init; }

    /// <summary>How the model was trained.</summary>
    public required TrainingOptions Options { get; init; }

    internal int BestEpoch { get; init; }

    internal bool OwnsModel { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (OwnsModel)
            Model.Dispose();
    }
}

/// <summary>What one epoch brought.</summary>
public sealed record EpochResult
{
    /// <summary>The epoch, counted from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>The mean loss over the training samples, each as it was when its batch was trained on.</summary>
    public required double TrainLoss { get; init; }

    /// <summary>The share of training samples classified right, in 0..1, each as it was when its batch was trained on.</summary>
    public required double TrainAccuracy { get; init; }

    /// <summary>The mean loss over the validation samples: the one that is trained with, weights and smoothing too.</summary>
    public required double ValidationLoss { get; init; }

    /// <summary>The share of validation samples classified right, in 0..1.</summary>
    public required double ValidationAccuracy { get; init; }

    /// <summary>The validation's value of <see cref="TrainingOptions.Watch"/>, by which epochs are compared.</summary>
    public required double Watched { get; init; }

    /// <summary>The learning rate of the head in the last step of the epoch.</summary>
    public required double LearningRate { get; init; }

    /// <summary>How long the training half took.</summary>
    public required TimeSpan TrainTime { get; init; }

    /// <summary>How long the validation half took.</summary>
    public required TimeSpan ValidationTime { get; init; }

    /// <summary>Training samples a second.</summary>
    public required double TrainImagesPerSecond { get; init; }

    internal static EpochResult Of(
        int epoch, RunningMetrics training, RunningMetrics validation, double watched, double learningRate) => new()
    {
        Watched = watched,
        LearningRate = learningRate,
        Epoch = epoch,
        TrainLoss = training.Loss,
        TrainAccuracy = training.Accuracy,
        ValidationLoss = validation.Loss,
        ValidationAccuracy = validation.Accuracy,
        TrainTime = training.Elapsed,
        ValidationTime = validation.Elapsed,
        TrainImagesPerSecond = training.ImagesPerSecond,
    };
}

/// <summary>Why a training run ended.</summary>
public enum StopReason
{
    /// <summary>All epochs are done.</summary>
    Completed,

    /// <summary>The caller cancelled; the model keeps what it had learnt by then.</summary>
    Cancelled,

    /// <summary>The watched score no longer improved; see <see cref="TrainingOptions.EarlyStopping"/>.</summary>
    EarlyStopping,
}
