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
    public IReadOnlyList<TrainedPhase> Phases { get; internal init; } = [];

    /// <summary>
    /// What was doubtful about the data before training, a sentence or two each: which classes, how many samples, what to do.
    /// </summary>
    public IReadOnlyList<string> Warnings { get; internal init; } = [];

    /// <summary>
    /// Samples of <see cref="Train"/> and <see cref="Validation"/> that couldn't be read and were left out, each once; empty if
    /// all is well. Those that a run met before it was interrupted aren't told again.
    /// </summary>
    public IReadOnlyList<SkippedSample> Skipped { get; internal init; } = [];

    /// <summary>
    /// What <see cref="TrainingOptions.Observers"/> threw, in order; empty if all is well. An observer that threw knows nothing
    /// of what came after.
    /// </summary>
    public IReadOnlyList<Exception> ObserverErrors { get; internal init; } = [];

    /// <summary>
    /// The epoch with the best value of <see cref="TrainingOptions.Monitor"/>, the first of equals; null if none was finished.
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

    internal int BestEpoch { get; init; }

    internal bool OwnsModel { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (OwnsModel)
            Model.Dispose();
    }
}
