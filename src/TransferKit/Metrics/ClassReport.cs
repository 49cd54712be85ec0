namespace TransferKit;

/// <summary>How well one class is recognised.</summary>
/// <param name="Name">The class.</param>
/// <param name="TruePositives">Samples of the class that were taken for it.</param>
/// <param name="PredictedCount">Samples that were taken for the class.</param>
/// <param name="Support">Samples of the class; where there are none, the class has no scores.</param>
public sealed record ClassReport(string Name, long TruePositives, long PredictedCount, long Support)
{
    /// <summary>Precision, recall and F1.</summary>
    public ClassScores Scores => ClassScores.Of(TruePositives, PredictedCount, Support);

    /// <summary>
    /// The share of samples taken for the class that are of it, in 0..1; 0 where none was taken for it, not a number where none
    /// is of it.
    /// </summary>
    public double Precision => Scores.Precision;

    /// <summary>The share of samples of the class that were taken for it, in 0..1; not a number where there are none.</summary>
    public double Recall => Scores.Recall;

    /// <summary>The harmonic mean of precision and recall, in 0..1; not a number where no sample is of the class.</summary>
    public double F1 => Scores.F1;

    /// <summary><c>daisy: precision 0.9500, recall 0.9100, F1 0.9296, 100 samples</c></summary>
    public override string ToString() => $"{Name}: {Scores}, {Support} {(Support == 1 ? "sample" : "samples")}";
}
