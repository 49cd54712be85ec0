namespace TransferKit.Vision;

/// <summary>The charts of a report: how training went, and what the scores look like over all thresholds and targets.</summary>
internal static class ReportCurves
{
    /// <summary>More classes in a chart, beside the line of chance, can't be told apart.</summary>
    private const int MostClasses = 3;

    /// <summary>Of more numbers a sample, the first have charts.</summary>
    private const int MostNumbers = 4;

    /// <summary>More points than a chart has places for.</summary>
    private const int MostPoints = 600;

    private const int LongestName = 18;

    /// <summary>Loss, accuracy and learning rate over the epochs.</summary>
    public static HtmlText OfTraining(TrainingResult result)
    {
        var epochs = result.History;
        var rates = Rates(epochs);
        // A single epoch would be a lone dot, and its numbers stand in the table.
        if (epochs.Count < 2 && rates.Count == 0)
            return HtmlText.Of($"");
        var isAugmented = result.Phases.Any(phase => phase.Augments);
        return HtmlText.Of($"""
            <section>
            <h2>Curves</h2>
            <div class="charts">
            {(epochs.Count < 2 ? null : OverEpochs("loss",
                Line("training", epoch => epoch.TrainLoss), Line("validation", epoch => epoch.ValidationLoss)))}
            {(epochs.Count < 2 || double.IsNaN(epochs[0].ValidationAccuracy) ? null : OverEpochs("accuracy",
                Line("training", epoch => epoch.TrainAccuracy), Line("validation", epoch => epoch.ValidationAccuracy)))}
            {(rates.Count == 0 ? null : OverEpochs("learning rate of the head, step by step", new ChartLine("head", rates)))}
            </div>
            <p class="note">{(epochs.Count < 2 ? "One epoch makes no curve; its numbers are under Speed and memory."
                : $"Training values are of pictures as they were when their batch was trained on{(isAugmented ? ", augmented"
                    : "")}; validation values are of plain pictures at the end of the epoch.")}</p>
            </section>
            """);

        ChartLine Line(string name, Func<EpochResult, double> value) =>
            new(name, [.. epochs.Select(epoch => ((double)epoch.Epoch, value(epoch)))]);

        static HtmlText OverEpochs(string name, params ChartLine[] lines) =>
            Chart(new LineChart { Title = name, XLabel = "epoch", YLabel = "", WholeX = true, Lines = lines });
    }

    /// <summary>ROC and precision–recall curves of some classes, each against all others; nothing for a regression.</summary>
    public static HtmlText OfRanking(EvaluationResult evaluation)
    {
        if (!evaluation.Definition.HasClasses)
            return HtmlText.Of($"");
        var names = evaluation.ClassNames;
        // Of two classes the second's curve says it all.
        var labels = Enumerable.Range(0, names.Count)
            .Where(label => !evaluation.Definition.HasOneClass || names.Count != 2 || label == 1)
            .Select(label => (Label: label, Area: evaluation.RocAucOf(label), Precision: evaluation.AveragePrecisionOf(label)))
            .Where(one => !double.IsNaN(one.Area) && !double.IsNaN(one.Precision)).ToList();
        if (labels.Count == 0)
            return HtmlText.Of($"");
        var shown = labels.OrderBy(one => one.Precision).Take(MostClasses).OrderBy(one => one.Label).ToList();
        var which = names.Count == 2 && labels.Count == 1 ? $"For {names[1]}, against {names[0]}."
            : labels.Count <= MostClasses ? "Each class against all others."
            : $"The {MostClasses} of {labels.Count} classes with the lowest average precision, each against all others.";
        var share = evaluation.Classes[shown[0].Label].Support / (double)evaluation.Count;
        return HtmlText.Of($"""
            <h3>ROC and precision–recall</h3>
            <p class="note">{which} What is found, and what is taken wrongly, at every threshold of the probability. Beside the
            names: the area under the ROC curve, and the average precision.</p>
            <div class="charts">
            {Chart(new LineChart
        {
            Title = "ROC", XLabel = "false positive rate", YLabel = "true positive rate",
            Lines =
                [
                    .. shown.Select(one => Line(one.Label, one.Area, evaluation.RocCurve(one.Label)
                        .Select(point => (point.FalsePositiveRate, point.TruePositiveRate)))),
                    new("chance", [(0, 0), (1, 1)]),
                ],
        })}
            {Chart(new LineChart
        {
            Title = "precision and recall", XLabel = "recall", YLabel = "precision",
            Lines =
                [
                    .. shown.Select(one => Line(one.Label, one.Precision, evaluation.PrecisionRecallCurve(one.Label)
                        .Select(point => (point.Recall, point.Precision)))),
                    // What is taken for a class at random is of it as often as anything is; that differs between classes.
                    .. shown.Count > 1 ? (IEnumerable<ChartLine>)[] : [new("chance", [(0, share), (1, share)])],
                ],
        })}
            </div>
            """);

        ChartLine Line(int label, double score, IEnumerable<(double, double)> points) =>
            new($"{Short(names[label])} {ReportPage.Score(score, 3)}", Thinned([.. points]));
    }

    /// <summary>What a regression says of each sample against what is so; nothing for other tasks.</summary>
    public static HtmlText OfNumbers(EvaluationResult evaluation)
    {
        if (evaluation is not { Definition.HasClasses: false, Samples: { } samples })
            return HtmlText.Of($"");
        return HtmlText.Of($"""
            <h3>Predicted and true</h3>
            <div class="charts">
            {HtmlText.Join(Enumerable.Range(0, Math.Min(samples.ClassNames.Count, MostNumbers)).Select(Scatter))}
            </div>
            """);

        HtmlText Scatter(int output)
        {
            var points = Thinned([.. Enumerable.Range(0, samples.Count)
                .Select(sample => ((double)samples.Target(sample, output), (double)samples.Output(sample, output)))]);
            var (low, high) = (points.Min(point => Math.Min(point.X, point.Y)), points.Max(point => Math.Max(point.X, point.Y)));
            return Chart(new LineChart
            {
                Title = samples.ClassNames[output], XLabel = "true", YLabel = "predicted",
                Lines = [new("samples", points) { IsScatter = true }, new("ideal", [(low, low), (high, high)])],
            });
        }
    }

    /// <summary>How sure the model is, and how often it is right then; only where a sample has one class.</summary>
    public static HtmlText OfCalibration(EvaluationResult evaluation)
    {
        if (!evaluation.Definition.HasOneClass)
            return HtmlText.Of($"");
        var bins = evaluation.Reliability(10).Where(bin => bin.Count > 0).ToList();
        var chart = new LineChart
        {
            Title = "confidence and accuracy", XLabel = "mean confidence", YLabel = "accuracy",
            Lines = [new("this model", [.. bins.Select(bin => (bin.Confidence, bin.Accuracy))]), new("ideal", [(0, 0), (1, 1)])],
        };
        return HtmlText.Of($"""
            <section>
            <h2>Calibration</h2>
            <p>Confidence and accuracy are {100 * evaluation.CalibrationError:0.0} percentage points apart on average (expected
            calibration error, 15 parts). Below the diagonal the model is surer than it should be.</p>
            <div class="charts">
            {Chart(chart)}
            <div class="scroll"><table>
            <thead><tr><th>confidence</th><th>samples</th><th>right</th></tr></thead>
            <tbody>
            {HtmlText.Join(bins.Select(bin => HtmlText.Of($"""
                <tr><td>{100 * bin.Lower:0}–{100 * bin.Upper:0} %</td><td>{bin.Count}</td>
                <td>{ReportPage.Share((long)Math.Round(bin.Accuracy * bin.Count), bin.Count)}</td></tr>
                """)))}
            </tbody>
            </table></div>
            </div>
            </section>
            """);
    }

    /// <summary>A step's rate holds until the next step; the numbers of an epoch are spread evenly over it.</summary>
    private static IReadOnlyList<(double X, double Y)> Rates(IReadOnlyList<EpochResult> epochs)
    {
        var points = new List<(double X, double Y)>();
        foreach (var epoch in epochs)
        {
            var rates = epoch.LearningRates;
            for (var i = 0; i < rates.Count; i++)
                points.Add((epoch.Epoch - 1 + (double)i / rates.Count, rates[i]));
            if (rates.Count > 0)
                points.Add((epoch.Epoch, rates[^1]));
        }
        return Thinned(points);
    }

    private static IReadOnlyList<(double X, double Y)> Thinned(List<(double X, double Y)> points) => points.Count <= MostPoints
        ? points
        : [.. Enumerable.Range(0, MostPoints).Select(i => points[(int)((long)i * (points.Count - 1) / (MostPoints - 1))])];

    private static string Short(string name) => name.Length <= LongestName ? name : $"{name[..(LongestName - 1)]}…";

    /// <summary>A chart as small as it is on a phone, so that its letters are legible there.</summary>
    internal static HtmlText Chart(LineChart chart) =>
        HtmlText.Of($"<figure>{HtmlText.Verbatim((chart with { Width = 340, Height = 260 }).ToSvg())}</figure>");
}
