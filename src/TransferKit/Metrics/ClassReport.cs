namespace TransferKit;

/// <summary>How well one class is recognized.</summary>
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

    /// <summary>How each class did, in the order of the labels.</summary>
    /// <param name="confusion">Samples by their class (row) and the class that they were taken for (column).</param>
    /// <param name="names">The names of the classes; numbers stand for those that are missing.</param>
    internal static IReadOnlyList<ClassReport> Of(long[,] confusion, IReadOnlyList<string> names)
    {
        var classes = confusion.GetLength(0);
        var (predicted, support) = (new long[classes], new long[classes]);
        for (var row = 0; row < classes; row++)
            for (var column = 0; column < classes; column++)
            {
                support[row] += confusion[row, column];
                predicted[column] += confusion[row, column];
            }
        return [.. Enumerable.Range(0, classes).Select(label => new ClassReport(
            label < names.Count ? names[label] : $"{label}", confusion[label, label], predicted[label], support[label]))];
    }

    /// <summary>How each class did where samples may be of several: those with more than 0.5 count as predicted.</summary>
    internal static IReadOnlyList<ClassReport> Of(EvaluatedSamples samples) =>
    [
        .. samples.ClassNames.Select((name, label) =>
        {
            var all = Enumerable.Range(0, samples.Count).ToList();
            return new ClassReport(name, all.Count(sample => samples.Has(sample, label) && samples.IsNamed(sample, label)),
                all.Count(sample => samples.IsNamed(sample, label)), all.Count(sample => samples.Has(sample, label)));
        }),
    ];

    /// <summary><c>daisy: precision 0.9500, recall 0.9100, F1 0.9296, 100 samples</c></summary>
    public override string ToString() => $"{Name}: {Scores}, {Support} {(Support == 1 ? "sample" : "samples")}";
}
