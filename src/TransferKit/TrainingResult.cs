using System.Globalization;

namespace TransferKit;

/// <summary>A finished training run. Disposing it disposes the model where <see cref="TransferPlan"/> made it.</summary>
public sealed class TrainingResult : IDisposable
{
    internal TrainingResult()
    {
    }

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
    /// What each phase did, first to last: the recipe as it ran. One where the strategy doesn't divide the training.
    /// </summary>
    public IReadOnlyList<TrainedPhase> Phases { get; internal set; } = [];

    /// <summary>
    /// What was doubtful about the data before training, a sentence or two each: which classes, how many samples, what to do.
    /// </summary>
    public IReadOnlyList<string> Warnings { get; internal set; } = [];

    /// <summary>
    /// What <see cref="TrainingOptions.Observers"/> threw, in order; empty if all is well. An observer that threw knows nothing
    /// of what came after.
    /// </summary>
    public IReadOnlyList<Exception> ObserverErrors { get; internal set; } = [];

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

    /// <summary>What was asked for; what a strategy made of it is in <see cref="Phases"/>.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary><c>Completed after 5 epochs; best epoch 3: training loss 0.1234, …</c></summary>
    public override string ToString() => $"{StopReason} after {History.Count} {(History.Count == 1 ? "epoch" : "epochs")}"
        + (Best is { } best ? $"; best {best}" : "");

    /// <summary>The result of several trainings of one model, of which this is the last.</summary>
    internal TrainingResult OfAllPhases(IReadOnlyList<EpochResult> history, int bestEpoch, TrainingOptions options) => new()
    {
        Model = Model, History = history, BestEpoch = bestEpoch, StopReason = StopReason, FrozenLayers = FrozenLayers,
        Train = Train, Validation = Validation, Options = options,
    };

    internal int BestEpoch { get; init; }

    internal bool OwnsModel { get; set; }

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

    /// <summary>
    /// The learning rate of the head over the epoch: in steps that are evenly spread up to the last one, in all of them if they
    /// are no more than 100. Empty where no steps were made.
    /// </summary>
    public IReadOnlyList<double> LearningRates { get; init; } = [];

    /// <summary>How long the training half took.</summary>
    public required TimeSpan TrainTime { get; init; }

    /// <summary>How long the validation half took.</summary>
    public required TimeSpan ValidationTime { get; init; }

    /// <summary>Training samples a second.</summary>
    public required double TrainImagesPerSecond { get; init; }

    /// <summary><c>epoch 3: training loss 0.1234, accuracy 0.9560; validation loss 0.0987, accuracy 0.9852; 12.3 s</c></summary>
    public override string ToString() => $"epoch {Epoch}: {Numbers}";

    /// <summary>The same without the epoch's number.</summary>
    internal string Numbers => string.Create(CultureInfo.InvariantCulture,
        $"training loss {TrainLoss:F4}{Accuracy(TrainAccuracy)}; "
        + $"validation loss {ValidationLoss:F4}{Accuracy(ValidationAccuracy)}; "
        + $"{(TrainTime + ValidationTime).TotalSeconds:F1} s");

    private static string Accuracy(double share) =>
        double.IsNaN(share) ? "" : string.Create(CultureInfo.InvariantCulture, $", accuracy {share:F4}");

    /// <summary>The most entries of <see cref="LearningRates"/>.</summary>
    internal const int MostRates = 100;

    internal static EpochResult Of(int epoch, RunningMetrics training, RunningMetrics validation, double watched,
        IReadOnlyList<double> learningRates) => new()
        {
            Watched = watched,
            LearningRate = learningRates.Count == 0 ? 0 : learningRates[^1],
            LearningRates = learningRates,
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
