using System.Globalization;

namespace TransferKit;

/// <summary>One trial of a search.</summary>
public sealed record TuningTrial
{
    internal TuningTrial(TrialMeasure measure) => Measure = measure;

    /// <summary>Its number, counted from 1, the defaults.</summary>
    public required int Number { get; init; }

    /// <summary>What was trained.</summary>
    public required TransferPlan Plan { get; init; }

    /// <summary>How.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>What differs between trials, in words.</summary>
    public required string Settings { get; init; }

    /// <summary>Whether it was trained to the end; only such trials can be the best.</summary>
    public required bool IsFinished { get; init; }

    /// <summary>The epochs that were made.</summary>
    public int Epochs => Measure.Epochs;

    /// <summary>
    /// The best epoch's score on the validation samples, by which trials are compared; not a number where the trial failed.
    /// </summary>
    public double Score => Measure.Score;

    /// <summary>The validation loss of that epoch, by which trials of the same score are compared.</summary>
    public double Loss => Measure.Loss;

    /// <summary>The accuracy of that epoch, in 0..1; not a number for a regression.</summary>
    public double Accuracy => Measure.Accuracy;

    /// <summary>Where the accuracy lies with 95 % confidence (Wilson, 1927); null for a regression.</summary>
    public ConfidenceInterval? AccuracyInterval => double.IsNaN(Accuracy)
        ? null : ConfidenceInterval.Wilson((long)Math.Round(Accuracy * Measure.Count), Measure.Count);

    /// <summary>Why it failed, such as a loss that is no longer a number; null: it didn't.</summary>
    public string? Error => Measure.Error;

    internal TrialMeasure Measure { get; }

    /// <summary>Where its run can be gone on from; null: it is gone.</summary>
    internal CheckpointOptions? Checkpoints { get; init; }

    /// <summary><c>trial 7, 0.9611 after 9 epochs: the last stage; linear, 2 classes; …</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"trial {Number}, ")
        + (Error is { } error ? $"failed ({error})"
            : string.Create(CultureInfo.InvariantCulture, $"{Score:F4} after {Epochs} {(Epochs == 1 ? "epoch" : "epochs")}"))
        + $": {Settings}";
}
