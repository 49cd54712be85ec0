using System.Globalization;

namespace TransferKit;

/// <summary>Samples of which a model is about equally sure.</summary>
public sealed record ReliabilityBin
{
    internal ReliabilityBin()
    {
    }

    /// <summary>The confidence that theirs lies above.</summary>
    public required double Lower { get; init; }

    /// <summary>The confidence that theirs is at most.</summary>
    public required double Upper { get; init; }

    /// <summary>How many they are.</summary>
    public required int Count { get; init; }

    /// <summary>The mean probability of what they were taken for; not a number where there are none.</summary>
    public required double Confidence { get; init; }

    /// <summary>The share of them that was taken for the correct class; not a number where there are none.</summary>
    public required double Accuracy { get; init; }

    /// <summary><c>confidence 0.8 to 0.9: 12 samples, mean confidence 0.8512, accuracy 0.7500</c></summary>
    public override string ToString()
    {
        var said = Count == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture, $", mean confidence {Confidence:F4}, accuracy {Accuracy:F4}");
        return string.Create(CultureInfo.InvariantCulture, $"confidence {Lower:0.##} to {Upper:0.##}: {Count} samples{said}");
    }

    /// <summary>Divides samples by the probability of what they were taken for.</summary>
    internal static IReadOnlyList<ReliabilityBin> Of(EvaluatedSamples samples, int bins)
    {
        var (counts, confidence, correct) = (new int[bins], new double[bins], new int[bins]);
        for (var sample = 0; sample < samples.Count; sample++)
        {
            var sure = samples.Probability(sample, samples.Predicted(sample));
            var bin = Math.Clamp((int)Math.Ceiling(sure * bins) - 1, 0, bins - 1);
            counts[bin]++;
            confidence[bin] += sure;
            correct[bin] += samples.IsCorrect(sample) ? 1 : 0;
        }
        return [.. Enumerable.Range(0, bins).Select(bin => new ReliabilityBin
        {
            Lower = (double)bin / bins, Upper = (bin + 1.0) / bins, Count = counts[bin],
            Confidence = confidence[bin] / counts[bin], Accuracy = (double)correct[bin] / counts[bin],
        })];
    }
}
