using System.Globalization;

namespace TransferKit;

/// <summary>What a model said about one sample, and how wrong that is.</summary>
public sealed record SampleLoss
{
    internal SampleLoss()
    {
    }

    /// <summary>The sample's position in its dataset.</summary>
    public required int Index { get; init; }

    /// <summary>
    /// Its cross-entropy, binary cross-entropy averaged over the classes, or squared error averaged over the numbers; without the
    /// weights and the smoothing that the training's loss may have.
    /// </summary>
    public required double Loss { get; init; }

    /// <summary>The class, where each sample has exactly one; else null.</summary>
    public int? Expected { get; init; }

    /// <summary>The class that it was taken for, where each sample has exactly one; else null.</summary>
    public int? Predicted { get; init; }

    /// <summary>The probability of each class, or the numbers of a regression.</summary>
    public required IReadOnlyList<double> Outputs { get; init; }

    /// <summary><c>sample 12: loss 2.3026, expected 0, predicted 1</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"sample {Index}: loss {Loss:F4}")
        + (Expected is null ? "" : $", expected {Expected}, predicted {Predicted}");

    internal static SampleLoss Of(EvaluatedSamples samples, int sample, double loss)
    {
        var isClass = samples.Definition.HasOneClass;
        return new SampleLoss
        {
            Index = samples.Indices[sample], Loss = loss,
            Expected = isClass ? samples.Labels[sample] : null, Predicted = isClass ? samples.Predicted(sample) : null,
            Outputs = [.. Enumerable.Range(0, samples.ClassNames.Count).Select(output => samples.Definition.HasClasses
                ? samples.Probability(sample, output) : samples.Output(sample, output))],
        };
    }
}
