using System.Globalization;

namespace TransferKit;

/// <summary>Where a training run stands after a batch.</summary>
public sealed record TrainingProgress
{
    /// <summary>The epoch, counted from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>How many epochs there will be.</summary>
    public required int Epochs { get; init; }

    /// <summary>Whether the batch was trained on or measured.</summary>
    public required TrainingPhase Phase { get; init; }

    /// <summary>Batches done in this phase of this epoch.</summary>
    public required int Step { get; init; }

    /// <summary>Batches that this phase of this epoch has.</summary>
    public required int Steps { get; init; }

    /// <summary>Samples done in this phase of this epoch.</summary>
    public int Samples { get; init; }

    /// <summary>The learning rate of the head in the last step; 0 outside of training.</summary>
    public double LearningRate { get; init; }

    /// <summary>The mean loss of this phase so far.</summary>
    public required double Loss { get; init; }

    /// <summary>The share of samples classified right in this phase so far, in 0..1.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Samples a second in this phase so far.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>How long the rest of this phase will take at this pace.</summary>
    public required TimeSpan TimeLeft { get; init; }

    /// <summary>The finished epoch; null until its last validation batch.</summary>
    public EpochResult? Finished { get; init; }

    /// <summary>
    /// Whether <see cref="Finished"/> is better than all epochs before it, by <see cref="TrainingOptions.Monitor"/>.
    /// </summary>
    public bool IsBest { get; init; }

    /// <summary>
    /// Shows a training on the console: <c>plan.Train(data, progress: TrainingProgress.ToConsole())</c>. On a terminal a bar with
    /// the time that the whole run will still take, and a table with a row for each epoch, in which <c>best so far</c> marks
    /// those that are; where the output is redirected, a plain line for each epoch. Begins with what is doubtful about the data.
    /// </summary>
    /// <returns>One display, for one run after the other; runs at the same time need one each.</returns>
    public static IProgress<TrainingProgress> ToConsole() => Console.IsOutputRedirected
        ? new ConsoleProgress(Console.Out, width: null, isUnicode: false)
        : new ConsoleProgress(Console.Out, () => Console.WindowWidth, Console.OutputEncoding.WebName == "utf-8");

    /// <summary><c>epoch 2/5, training: batch 10 of 40, loss 0.3412, accuracy 0.8750</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"epoch {Epoch}/{Epochs}, ")
        + (Finished is { } finished ? finished.Numbers : $"{Phase}".ToLowerInvariant() + string.Create(
            CultureInfo.InvariantCulture, $": batch {Step} of {Steps}, loss {Loss:F4}, accuracy {Accuracy:F4}"));
}

/// <summary>The two halves of an epoch, and what comes before them.</summary>
public enum TrainingPhase
{
    /// <summary>The outputs of frozen layers are computed, to be kept; there is no loss and no accuracy.</summary>
    Preparation,

    /// <summary>Weights change.</summary>
    Training,

    /// <summary>The model is measured on held-out samples.</summary>
    Validation,
}
