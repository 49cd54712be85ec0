namespace TransferKit;

public sealed partial record EvaluationResult
{
    /// <summary>
    /// The area under the ROC curve: of two classes the second's, of more the mean over each class against all others. Classes
    /// of which no sample or every sample is are left out; not a number where none is left.
    /// </summary>
    public double RocAuc => RocAucOf(Averaging.Macro);

    /// <summary>The area under the ROC curve, with more than two classes averaged in a given way.</summary>
    /// <inheritdoc cref="RocAuc"/>
    /// <param name="averaging">How more than two classes are averaged.</param>
    public double RocAucOf(Averaging averaging) => Ranked(averaging, RankingScores.RocAuc);

    /// <summary>
    /// The area under the ROC curve of a class against all others, in 0..1; not a number where no sample or every sample is of
    /// the class.
    /// </summary>
    /// <param name="label">The class.</param>
    public double RocAucOf(int label) => Ranked(label, RankingScores.RocAuc);

    /// <summary>
    /// The ROC curve of a class against all others: a point for each threshold, the highest first, from (0, 0) to (1, 1); as
    /// scikit-learn's <c>roc_curve</c> with <c>drop_intermediate=False</c>.
    /// </summary>
    /// <param name="label">The class.</param>
    public IReadOnlyList<RocPoint> RocCurve(int label) => RankingScores.RocCurve(RankedSamples(label), label);

    /// <summary>
    /// Average precision: of two classes the second's, of more the mean over each class against all others, which of several
    /// classes a sample is what is called mean average precision, mAP. Classes without samples are left out.
    /// </summary>
    public double AveragePrecision => AveragePrecisionOf(Averaging.Macro);

    /// <summary>Average precision, with more than two classes averaged in a given way.</summary>
    /// <inheritdoc cref="AveragePrecision"/>
    /// <param name="averaging">How more than two classes are averaged.</param>
    public double AveragePrecisionOf(Averaging averaging) => Ranked(averaging, RankingScores.AveragePrecision);

    /// <summary>Average precision of a class against all others, in 0..1; not a number where no sample is of the class.</summary>
    /// <param name="label">The class.</param>
    public double AveragePrecisionOf(int label) => Ranked(label, RankingScores.AveragePrecision);

    /// <summary>
    /// Precision and recall of a class against all others: a point for each threshold, the highest first; as scikit-learn's
    /// <c>precision_recall_curve</c>, backwards and without the point (1, 0) that it adds.
    /// </summary>
    /// <param name="label">The class.</param>
    public IReadOnlyList<PrecisionRecallPoint> PrecisionRecallCurve(int label) =>
        RankingScores.PrecisionRecallCurve(RankedSamples(label), label);

    private double Ranked(int label, Func<double[], bool[], double> score) =>
        RankingScores.Of(RankedSamples(label), label, score);

    private EvaluatedSamples RankedSamples(int label)
    {
        var samples = Require(task => task.HasClasses);
        ArgumentOutOfRangeException.ThrowIfNegative(label);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(label, samples.ClassNames.Count);
        return samples;
    }

    private double Ranked(Averaging averaging, Func<double[], bool[], double> score) =>
        RankingScores.Of(Require(task => task.HasClasses), averaging, score);
}
