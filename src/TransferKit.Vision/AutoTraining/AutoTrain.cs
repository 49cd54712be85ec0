namespace TransferKit.Vision;

/// <summary>Makes a model out of labeled pictures and a time, without further questions.</summary>
public static class AutoTrain
{
    /// <summary>
    /// Looks through the pictures and leaves out what is faulty or there twice, compares backbones by linear probes, tunes the
    /// settings of the best, trains it with the best of these, and calibrates it (<see cref="TransferModel.Calibrate"/>).
    /// <see cref="AutoTrainResult.Decisions"/> says what was decided and why. On the held-out pictures the model is never worse
    /// than the chosen backbone with the default settings, which is the first trial and is finished also where the budget is too
    /// small for it.
    /// </summary>
    /// <param name="data">The pictures.</param>
    /// <param name="budget">How long it may take in all.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="progress">Told of every step and every decision, on the thread that computes, while the caller waits.</param>
    /// <param name="cancellationToken">
    /// Ends it with <see cref="OperationCanceledException"/>; a call with the same folder goes on.
    /// </param>
    /// <returns>The model with all that led to it; to be disposed.</returns>
    /// <exception cref="ArgumentException">
    /// The options are wrong, or the pictures that can be read are too few or all of one class.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// There are no weights here to choose from, or no candidate can take the pictures.
    /// </exception>
    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    public static AutoTrainResult Run(ImageDataset data, TimeSpan budget, AutoTrainOptions? options = null,
        IProgress<AutoTrainProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new AutoTrainOptions();
        options.Require(budget);
        return new AutoTraining(data, budget, options, progress).Run(cancellationToken);
    }
}

/// <summary>Something that was decided.</summary>
/// <param name="What">What.</param>
/// <param name="Why">Why.</param>
public sealed record AutoTrainDecision(string What, string Why)
{
    /// <summary><c>mobilenet_v2: accuracy 0.9467 (0.930–0.960), the best of 3</c></summary>
    public override string ToString() => $"{What}: {Why}";
}

/// <summary>How far it has come: a step, or a decision.</summary>
/// <param name="Step">What is being done.</param>
/// <param name="Decision">What was decided; null: nothing just now.</param>
public readonly record struct AutoTrainProgress(ProbeProgress Step, AutoTrainDecision? Decision)
{
    /// <summary>The decision, behind an arrow, or the step.</summary>
    public override string ToString() => Decision is null ? $"{Step}" : $"=> {Decision}";
}
