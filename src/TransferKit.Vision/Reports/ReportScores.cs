using System.Globalization;

namespace TransferKit.Vision;

/// <summary>The scores of a report: over all samples, of each class, and which classes are mixed up.</summary>
internal static class ReportScores
{
    /// <summary>A larger confusion matrix is no longer readable.</summary>
    private const int LargestMatrix = 40;

    private const int PairsShown = 10;

    public static HtmlText Of(TrainingResult result, EvaluationResult evaluation) => HtmlText.Join(
    [
        Overall(evaluation),
        evaluation.Classes.Count > 0 ? Classes(result, evaluation) : HtmlText.Of($""),
        evaluation.Confusion.Length > 0 ? Confusion(evaluation) : HtmlText.Of($""),
    ]);

    private static HtmlText Overall(EvaluationResult evaluation)
    {
        IEnumerable<(string Name, double Value)> scores = evaluation.Task switch
        {
            LearningTask.Classification =>
            [
                ("accuracy", evaluation.Accuracy), ("balanced accuracy", evaluation.BalancedAccuracy),
                ("macro F1", evaluation.Average(Averaging.Macro).F1), ("ROC AUC", evaluation.RocAuc()),
                ("log loss", evaluation.LogLoss()), ("Cohen's kappa", evaluation.CohensKappa),
            ],
            LearningTask.MultiLabel =>
            [
                ("subset accuracy", evaluation.Accuracy), ("mean average precision", evaluation.AveragePrecision()),
                ("macro F1", evaluation.Average(Averaging.Macro).F1), ("micro F1", evaluation.Average(Averaging.Micro).F1),
                ("ROC AUC", evaluation.RocAuc()), ("log loss", evaluation.LogLoss()),
            ],
            _ =>
            [
                ("mean absolute error", evaluation.MeanAbsoluteError()), ("RMSE", evaluation.RootMeanSquaredError()),
                ("R²", evaluation.R2()),
            ],
        };
        return HtmlText.Of($"""
            <section>
            <h2>Scores</h2>
            <p>Of {evaluation.Count} validation samples, with the weights that were kept.</p>
            <dl class="settings">
            {HtmlText.Join(scores.Select(score => ReportPage.Pair(score.Name, ReportPage.Score(score.Value))))}
            </dl>
            </section>
            """);
    }

    private static HtmlText Classes(TrainingResult result, EvaluationResult evaluation)
    {
        var training = Counts(result.Train.Targets);
        return HtmlText.Of($"""
            <section>
            <h2>Classes</h2>
            <div class="scroll"><table>
            <thead><tr><th>class</th><th>precision</th><th>recall</th><th>F1</th><th>validation</th><th>training</th></tr></thead>
            <tbody>
            {HtmlText.Join(evaluation.Classes.Select((row, label) => HtmlText.Of($"""
                <tr><th>{row.Name}</th><td>{row.Precision:0.000}</td><td>{row.Recall:0.000}</td><td>{row.F1:0.000}</td>
                <td>{row.Support}</td><td>{training[label]}</td></tr>
                """)))}
            </tbody>
            </table></div>
            </section>
            """);
    }

    private static int[] Counts(Targets targets)
    {
        var counts = new int[targets.Outputs];
        for (var sample = 0; sample < targets.Count; sample++)
            if (targets.Task == LearningTask.Classification)
                counts[targets.Labels[sample]]++;
            else
                foreach (var label in Targets.Present(targets.Values[sample]))
                    counts[label]++;
        return counts;
    }

    private static HtmlText Confusion(EvaluationResult evaluation)
    {
        var names = evaluation.Classes.Select(row => row.Name).ToList();
        var pairs = evaluation.MostConfused().Take(PairsShown).ToList();
        return HtmlText.Of($"""
            <section>
            <h2>Confusion</h2>
            {(names.Count <= LargestMatrix ? Matrix(evaluation.Confusion, names) : null)}
            {(pairs.Count == 0 ? HtmlText.Of($"<p>No sample was taken for another class.</p>") : HtmlText.Of($"""
                <h3>Most often mixed up</h3>
                <ul>
                {HtmlText.Join(pairs.Select(pair =>
                    HtmlText.Of($"<li>{pair.Expected} taken for {pair.Predicted}: {pair.Count}</li>")))}
                </ul>
                """))}
            </section>
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
