using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>How a trial did by a number of epochs, as it is kept on disk.</summary>
internal sealed record TrialMeasure
{
    /// <summary>The best score of its epochs; not a number where it failed.</summary>
    public required double Score { get; init; }

    /// <summary>The validation loss of that epoch.</summary>
    public double Loss { get; init; } = double.NaN;

    /// <summary>The share of validation samples that were classified right after that epoch.</summary>
    public double Accuracy { get; init; } = double.NaN;

    /// <summary>Validation samples.</summary>
    public int Count { get; init; }

    /// <summary>Epochs that were made.</summary>
    public int Epochs { get; init; }

    /// <summary>Seconds that it took to come here from where it was measured before.</summary>
    public double Seconds { get; init; }

    /// <summary>Why it failed; null: it didn't.</summary>
    public string? Error { get; init; }

    /// <summary>
    /// The better measure first: by the score, and of equal scores, which few samples often have, by the loss.
    /// </summary>
    public static IComparer<TrialMeasure> Order(Score score)
    {
        return Comparer<TrialMeasure>.Create((one, other) => Compare(score, one.Score, other.Score) is var byScore and not 0
            ? byScore : Compare(TransferKit.Score.Loss, one.Loss, other.Loss));

        static int Compare(Score score, double one, double other) =>
            score.IsBetter(one, other) ? -1 : score.IsBetter(other, one) ? 1 : 0;
    }

    /// <summary>How a run did.</summary>
    /// <param name="run">A run that was finished, or paused.</param>
    /// <param name="best">The epoch that counts.</param>
    /// <param name="seconds">The time that it took.</param>
    public static TrialMeasure Of(TrainingResult run, EpochResult best, double seconds) => new()
    {
        Score = best.Monitored, Loss = best.ValidationLoss, Accuracy = best.ValidationAccuracy,
        Count = run.Model.Evaluation!.Count, Epochs = run.History.Count, Seconds = seconds,
    };
}

/// <summary>The JSON form of what is kept of a trial.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrialMeasure))]
internal sealed partial class TrialMeasureJson : JsonSerializerContext;
