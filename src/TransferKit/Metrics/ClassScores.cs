using System.Globalization;

namespace TransferKit;

/// <summary>
/// How well a class, or several together, are told from the others; not a number where no sample is of them. Otherwise 0 / 0
/// counts as 0, as in scikit-learn.
/// </summary>
/// <param name="Precision">The share of samples taken for the class that are of it, in 0..1.</param>
/// <param name="Recall">The share of samples of the class that are taken for it, in 0..1.</param>
/// <param name="F1">The harmonic mean of both, in 0..1.</param>
public readonly record struct ClassScores(double Precision, double Recall, double F1)
{
    /// <summary><c>precision 0.9500, recall 0.9100, F1 0.9296</c></summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"precision {Precision:F4}, recall {Recall:F4}, F1 {F1:F4}");

    internal static ClassScores Of(long truePositives, long predicted, long support) => support == 0
        ? new(double.NaN, double.NaN, double.NaN)
        : new(predicted == 0 ? 0 : (double)truePositives / predicted, (double)truePositives / support,
            2.0 * truePositives / (predicted + support));
}
