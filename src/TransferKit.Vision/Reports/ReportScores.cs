using System.Globalization;

namespace TransferKit.Vision;

/// <summary>The scores of a report: over all samples, of each class, and which classes are mixed up.</summary>
internal static class ReportScores
{
    /// <summary>A larger confusion matrix is no longer readable.</summary>
    private const int LargestMatrix = 40;

    private const int PairsShown = 10;

    /// <summary>All scores on some samples, under a heading.</summary>
    /// <param name="heading">The heading.</param>
    /// <param name="about">What the samples are.</param>
    /// <param name="evaluation">How the model did on them.</param>
    public static HtmlText Of(string heading, string about, EvaluationResult evaluation) => HtmlText.Of($"""
        <section>
        <h2>{heading}</h2>
        <p>{about}</p>
        {Overall(evaluation)}
        {(evaluation.Classes.Count > 0 ? Classes(evaluation) : null)}
        {(evaluation.Confusion.Length > 0 ? Confusion(evaluation) : null)}
        {ReportCurves.OfRanking(evaluation)}
        {ReportCurves.OfNumbers(evaluation)}
        </section>
        """);

    private static HtmlText Overall(EvaluationResult evaluation)
    {
        var accuracy = ReportPage.Share((long)Math.Round(evaluation.Accuracy * evaluation.Count), evaluation.Count);
        IEnumerable<(string Name, HtmlText Value)> scores = evaluation.Definition switch
        {
            { HasOneClass: true } =>
            [
                ("accuracy", accuracy), ("balanced accuracy", Number(evaluation.BalancedAccuracy)),
                ("macro F1", Number(evaluation.Average(Averaging.Macro).F1)), ("ROC AUC", Number(evaluation.RocAuc)),
                ("log loss", Number(evaluation.LogLoss)), ("Cohen's kappa", Number(evaluation.CohensKappa)),
            ],
            { HasClasses: true } =>
            [
                ("subset accuracy", accuracy), ("mean average precision", Number(evaluation.AveragePrecision)),
                ("macro F1", Number(evaluation.Average(Averaging.Macro).F1)),
                ("micro F1", Number(evaluation.Average(Averaging.Micro).F1)),
                ("ROC AUC", Number(evaluation.RocAuc)), ("log loss", Number(evaluation.LogLoss)),
            ],
            _ =>
            [
                ("R²", Number(evaluation.R2)), ("mean absolute error", Number(evaluation.MeanAbsoluteError)),
                ("RMSE", Number(evaluation.RootMeanSquaredError)),
            ],
        };
        return ReportPage.Pairs(scores);

        static HtmlText Number(double score) => HtmlText.Of($"{ReportPage.Score(score)}");
    }

    private static HtmlText Classes(EvaluationResult evaluation) => HtmlText.Of($"""
        <h3>Classes</h3>
        <div class="scroll"><table>
        <thead><tr><th>class</th><th>samples</th><th>precision</th><th>recall</th><th>F1</th></tr></thead>
        <tbody>
        {HtmlText.Join(evaluation.Classes.Select(row => HtmlText.Of($"""
            <tr><th>{row.Name}</th><td>{row.Support}</td><td>{ReportPage.Score(row.Precision, 3)}</td>
            <td>{ReportPage.Share(row.TruePositives, row.Support)}</td><td>{ReportPage.Score(row.F1, 3)}</td></tr>
            """)))}
        </tbody>
        </table></div>
        {(evaluation.Classes.Any(row => row.Support == 0)
            ? HtmlText.Of($"<p class=\"note\">Classes without samples have no scores, and are left out of averages.</p>") : null)}
        """);

    private static HtmlText Confusion(EvaluationResult evaluation)
    {
        var names = evaluation.Classes.Select(row => row.Name).ToList();
        var pairs = evaluation.MostConfused().Take(PairsShown).ToList();
        return HtmlText.Of($"""
            <h3>Confusion</h3>
            {(names.Count <= LargestMatrix ? Matrix(evaluation.Confusion, names) : null)}
            {(pairs.Count == 0 ? HtmlText.Of($"<p>No sample was taken for another class.</p>") : HtmlText.Of($"""
                <h4>Most often mixed up</h4>
                <ul>
                {HtmlText.Join(pairs.Select(pair => HtmlText.Of($"<li>{pair}</li>")))}
                </ul>
                """))}
            """);
    }

    private static HtmlText Matrix(long[,] confusion, IReadOnlyList<string> names)
    {
        var labels = Enumerable.Range(0, names.Count).ToList();
        return HtmlText.Of($"""
            <p class="note">Rows are what samples are, columns what they were taken for.</p>
            <div class="scroll"><table class="confusion">
            <thead><tr><td></td>{HtmlText.Join(names.Select(name => HtmlText.Of($"<th><span>{name}</span></th>")))}</tr></thead>
            <tbody>
            {HtmlText.Join(labels.Select(row =>
                HtmlText.Of($"<tr><th>{names[row]}</th>{HtmlText.Join(labels.Select(column => Cell(row, column)))}</tr>")))}
            </tbody>
            </table></div>
            """);

        HtmlText Cell(int row, int column)
        {
            var share = confusion[row, column] / (double)Math.Max(labels.Sum(other => confusion[row, other]), 1);
            var shade = share.ToString("0.##", CultureInfo.InvariantCulture);
            return HtmlText.Of($"""
                <td class="{(row == column ? "right" : "wrong")}" style="--share: {shade}">{confusion[row, column]}</td>
                """);
        }
    }
}
