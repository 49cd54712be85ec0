namespace TransferKit;

/// <summary>How well a class, or several together, are told from the others. 0 / 0 counts as 0, as in scikit-learn.</summary>
/// <param name="Precision">The share of samples taken for the class that are of it, in 0..1.</param>
/// <param name="Recall">The share of samples of the class that are taken for it, in 0..1.</param>
/// <param name="F1">The harmonic mean of both, in 0..1.</param>
public readonly record struct ClassScores(double Precision, double Recall, double F1)
{
    internal static ClassScores Of(long right, long taken, long support) => new(
        Ratio(right, taken), Ratio(right, support), Ratio(2 * right, taken + support));

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
