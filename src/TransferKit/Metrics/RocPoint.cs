using System.Globalization;

namespace TransferKit;

/// <summary>A point of a ROC curve: what is taken for a class when its probability must reach a threshold.</summary>
/// <param name="Threshold">The least probability; infinite at the first point, where nothing is taken for the class.</param>
/// <param name="FalsePositiveRate">The share of samples of other classes that are taken for it; not a number without any.</param>
/// <param name="TruePositiveRate">The share of samples of the class that are; not a number without any.</param>
public readonly record struct RocPoint(double Threshold, double FalsePositiveRate, double TruePositiveRate)
{
    /// <summary><c>from 0.83 on: 0.02 false, 0.91 true positives</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"from {Threshold:G3} on: {FalsePositiveRate:F2} false, {TruePositiveRate:F2} true positives");
}
