namespace TransferKit;

/// <summary>A score over the folds of a cross-validation.</summary>
/// <param name="Name">The score's name: <c>accuracy</c>.</param>
/// <param name="Values">Its value in every fold, in order.</param>
public sealed record ScoreSummary(string Name, IReadOnlyList<double> Values)
{
    /// <summary>The mean over the folds.</summary>
    public double Mean => Values.Average();

    /// <summary>
    /// The standard deviation over the folds: that of a sample, over n − 1. Folds share training samples, so that it is somewhat
    /// too small for repeated experiments.
    /// </summary>
    public double StandardDeviation
    {
        get
        {
            var mean = Mean;
            return Math.Sqrt(Values.Sum(value => (value - mean) * (value - mean)) / (Values.Count - 1));
        }
    }

    /// <summary>Mean and spread: <c>accuracy 0.9520 ± 0.0113</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name} {Mean:F4} ± {StandardDeviation:F4}");

    internal static IReadOnlyList<ScoreSummary> Of(IReadOnlyList<FoldResult> folds, Score? watched)
    {
        Score[] usual = folds[0].Evaluation.Definition.HasClasses
            ? [Score.Loss, Score.Accuracy, Score.BalancedAccuracy, Score.MacroF1]
            :
            [
                Score.Loss,
                Score.Of("mean absolute error", higherIsBetter: false, result => result.MeanAbsoluteError),
                Score.Of("root mean squared error", higherIsBetter: false, result => result.RootMeanSquaredError),
                Score.Of("R²", higherIsBetter: true, result => result.R2),
            ];
        IEnumerable<Score> own = watched is null ? [] : [watched];
        return
        [
            .. usual.Concat(own).DistinctBy(score => score.Name)
                .Select(score => new ScoreSummary(score.Name, [.. folds.Select(fold => score.ValueOf(fold.Evaluation))]))
                // A sample with several classes has no balanced accuracy.
                .Where(score => !score.Values.All(double.IsNaN)),
        ];
    }
}
