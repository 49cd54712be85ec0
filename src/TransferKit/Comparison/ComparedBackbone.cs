using System.Globalization;

namespace TransferKit;

/// <summary>How a backbone did on some samples, and what it costs.</summary>
public sealed record ComparedBackbone
{
    internal ComparedBackbone(CorrectCount probe) => Probe = probe;

    /// <summary>What was compared, with a head for the samples' classes: ready to be trained.</summary>
    public required TransferPlan Plan { get; init; }

    /// <summary>What people call it: the model, and its weights where they aren't the usual ones.</summary>
    public required string Name { get; init; }

    /// <summary>The cross-validated accuracy of a linear probe on the frozen features, in 0..1.</summary>
    public double Accuracy => Probe.Share;

    /// <summary>Where the accuracy lies with 95 % confidence (Wilson, 1927).</summary>
    public ConfidenceInterval AccuracyInterval => Probe.Interval;

    /// <summary>The accuracy of the trained model on held-out samples, in 0..1; null: it wasn't asked for.</summary>
    public double? FineTunedAccuracy => FineTuned?.Share;

    /// <summary>Where that accuracy lies with 95 % confidence; null: it wasn't asked for.</summary>
    public ConfidenceInterval? FineTunedInterval => FineTuned?.Interval;

    /// <summary>
    /// The time that one picture takes in evaluation, alone, in the compiled network, without its decoding: the median of several
    /// runs on this machine.
    /// </summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>Parameters, those of the head included.</summary>
    public required long Parameters { get; init; }

    /// <summary>The size of all weights, in bytes: that of a saved model.</summary>
    public required long Bytes { get; init; }

    /// <summary>
    /// Memory for one picture, in bytes: all weights, and what goes into and comes out of the layer where that is most, as they
    /// are computed in.
    /// </summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Height and width of the images, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>The numbers that the backbone sees in a picture.</summary>
    public required int Features { get; init; }

    internal CorrectCount Probe { get; }

    internal CorrectCount? FineTuned { get; init; }

    /// <summary>
    /// By what backbones are ordered: the accuracy after training, or that of the probe where none was asked for.
    /// </summary>
    internal CorrectCount Score => FineTuned ?? Probe;

    /// <summary><c>resnet18: accuracy 0.9311 (0.913–0.946), 12.3 ms a picture, 42.7 MiB</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}: accuracy {Score.Share:F4} "
        + $"({Score.Interval}), {Latency.TotalMilliseconds:F1} ms a picture, {Bytes / (double)(1 << 20):F1} MiB");
}

/// <summary>How many samples were right.</summary>
internal sealed record CorrectCount(long Correct, long Count)
{
    public double Share => (double)Correct / Count;

    public ConfidenceInterval Interval => ConfidenceInterval.Wilson(Correct, Count);

    public static CorrectCount Of(EvaluationResult result) =>
        new((long)Math.Round(result.Accuracy * result.Count), result.Count);
}
