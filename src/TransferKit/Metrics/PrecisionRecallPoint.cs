using System.Globalization;

namespace TransferKit;

/// <summary>Precision and recall of a class when its probability must reach a threshold.</summary>
/// <param name="Threshold">The least probability.</param>
/// <param name="Precision">The share of samples taken for the class that are of it, in 0..1.</param>
/// <param name="Recall">The share of samples of the class that are taken for it, in 0..1; not a number without any.</param>
public readonly record struct PrecisionRecallPoint(double Threshold, double Precision, double Recall)
{
    /// <summary><c>from 0.83 on: precision 0.95, recall 0.91</c></summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"from {Threshold:G3} on: precision {Precision:F2}, recall {Recall:F2}");
}
