using System.Globalization;

namespace TransferKit.Vision;

/// <summary>The page that <see cref="ReportExtensions.WriteReport"/> writes, from top to bottom.</summary>
internal static class ReportPage
{
    /// <summary>Of more pictures that can't be read, the first are named.</summary>
    private const int MostNamed = 20;

    /// <param name="result">The run.</param>
    /// <param name="options">What goes into it.</param>
    /// <param name="before">What led to the run, in sections of its own; null: nothing is said of that.</param>
    /// <exception cref="ArgumentException">The test samples don't fit the model.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static HtmlText Of(TrainingResult result, ReportOptions options, HtmlText? before = null)
    {
        var model = result.Model;
        // A run that went on from a checkpoint may know its best scores without the samples that they come from.
        var evaluation = model.Evaluation is { Samples: not null } known ? known : model.Evaluate(result.Validation);
        var test = options.Test is { } held ? model.Evaluate(held) : null;
        var title = options.Title ?? $"{model.Plan.Model}, trained";
        return Document(title, string.Join(", ", Shortened(model.ClassNames)), HtmlText.Of($"""
            {Tiles(result, evaluation, test)}
            {Warnings([.. result.Warnings, .. LeftOut(result)])}
            {before}
            {ReportRecipe.Of(result)}
            {ReportBalance.Of(result, options)}
            {(options.Map is { } map ? MapSection.Of(map, doubtful: null, most: 0) : null)}
            {ReportCurves.OfTraining(result)}
            {ReportScores.Of("Scores", $"Of {evaluation.Count} validation samples, with the weights that were kept.", evaluation)}
            {(test is null ? null : ReportScores.Of("Test set",
                $"Of {test.Count} samples that took no part in training, nor in choosing the weights that were kept.", test))}
            {ReportPictures.Of(result, evaluation, options)}
            {ReportCurves.OfCalibration(evaluation)}
            {Cost(result)}
            {Versions()}
            """), HtmlText.Of($"""
            Written by TransferKit. In brackets behind a share: where it lies with 95 % confidence, as far as so many
            samples can tell (Wilson, 1927).
            """));
    }

    /// <summary>A page that needs nothing else.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="about">What it is about, in front of the time.</param>
    /// <param name="content">Its sections.</param>
    /// <param name="footer">What is said at its end.</param>
    public static HtmlText Document(string title, string about, HtmlText content, HtmlText footer) => HtmlText.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <style>
        {Style()}
        </style>
        </head>
        <body>
        <header>
        <h1>{title}</h1>
        <p>{about} · {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC</p>
        </header>
        <main>
        {content}
        </main>
        <footer>{footer}</footer>
        </body>
        </html>

        """);

    private static HtmlText Tiles(TrainingResult result, EvaluationResult evaluation, EvaluationResult? test)
    {
        var best = result.Best is { } epoch ? $"{epoch.Epoch} of {result.History.Count}" : "none";
        var (train, validation) = (result.Train.Count, result.Validation.Count);
        var seconds = result.History.Sum(one => (one.TrainTime + one.ValidationTime).TotalSeconds);
        var leftOut = Skipped(result).Count;
        return HtmlText.Of($"""
            <section class="tiles">
            {(test is null ? null : Headline(test, "test"))}
            {Headline(evaluation, "validation")}
            {(evaluation.Definition.HasClasses ? Tile($"{evaluation.Loss:0.0000}", "validation loss") : null)}
            {Tile($"{best}", "best epoch")}
            {Tile($"{train} + {validation}", "training and validation samples")}
            {(leftOut == 0 ? null : Tile($"{leftOut}", "pictures left out, as they can't be read"))}
            {Tile($"{Duration(seconds)}", "training time")}
            </section>
            """);
    }

    private static List<string> Skipped(TrainingResult result) =>
        [.. result.Skipped.Select(sample => $"{sample}").Order(StringComparer.Ordinal)];

    /// <summary>Which files took no part, and why.</summary>
    private static IEnumerable<string> LeftOut(TrainingResult result)
    {
        var skipped = Skipped(result);
        var ignored = new[] { result.Train, result.Validation }.OfType<ImageDataset>()
            .SelectMany(data => data.Ignored).Distinct().ToList();
        foreach (var reason in skipped.Take(MostNamed))
            yield return $"Left out: {reason}";
        if (skipped.Count > MostNamed)
            yield return $"Left out: {skipped.Count - MostNamed} more that can't be read; TrainingResult.Skipped names all.";
        if (ignored.Count > 0)
            yield return $"{IgnoredFiles.Report(ignored)}.";
    }

    /// <summary>The scores that are looked at first.</summary>
    private static HtmlText Headline(EvaluationResult evaluation, string part)
    {
        if (!evaluation.Definition.HasClasses)
            return HtmlText.Join([Tile($"{Score(evaluation.R2, 3)}", $"{part} R²"),
                Tile($"{evaluation.MeanAbsoluteError:G4}", $"{part} mean absolute error")]);
        var (low, high) = evaluation.AccuracyInterval;
        var sure = string.Create(CultureInfo.InvariantCulture, $"{100 * low:0}–{100 * high:0} % with 95 % confidence");
        return evaluation.Definition.HasOneClass
            ? Tile($"{100 * evaluation.Accuracy:0.0} %", $"{part} accuracy; {sure}")
            : HtmlText.Join([Tile($"{Score(evaluation.AveragePrecision, 3)}", $"{part} mean average precision"),
                Tile($"{100 * evaluation.Accuracy:0.0} %", $"{part} subset accuracy; {sure}")]);
    }

    /// <summary>A number that is looked at first.</summary>
    internal static HtmlText Tile(HtmlText.Handler value, string label) =>
        HtmlText.Of($"<div class=\"tile\"><strong>{value.Text}</strong><span>{label}</span></div>");

    private static HtmlText Warnings(IReadOnlyList<string> warnings) => warnings.Count == 0
        ? HtmlText.Of($"")
        : HtmlText.Of($"""
            <section class="warnings">
            <h2>To be doubted</h2>
            <ul>
            {HtmlText.Join(warnings.Select(warning => HtmlText.Of($"<li>{warning}</li>")))}
            </ul>
            </section>
            """);

    private static HtmlText Cost(TrainingResult result)
    {
        var memory = MemoryUse.Measure();
        var hasAccuracy = result.Train.Targets.Definition.HasClasses;
        return HtmlText.Of($"""
            <section>
            <h2>Speed and memory</h2>
            <p>The process held {memory.PeakMiB:N0} MiB of memory at most, and {memory.ResidentMiB:N0} MiB when this was
            written.</p>
            <div class="scroll"><table>
            <thead><tr><th>epoch</th><th>training loss</th><th>validation loss</th>
            {(hasAccuracy ? HtmlText.Of($"<th>validation accuracy</th>") : null)}<th>training</th><th>validation</th>
            <th>images/s</th></tr></thead>
            <tbody>
            {HtmlText.Join(result.History.Select(Row))}
            </tbody>
            </table></div>
            </section>
            """);

        HtmlText Row(EpochResult epoch) => HtmlText.Of($"""
            <tr class="{(epoch == result.Best ? "best" : "")}"><td>{epoch.Epoch}</td><td>{epoch.TrainLoss:0.0000}</td>
            <td>{epoch.ValidationLoss:0.0000}</td>{(hasAccuracy ? HtmlText.Of($"<td>{Accuracy(epoch)}</td>") : null)}
            <td>{Duration(epoch.TrainTime.TotalSeconds)}</td><td>{Duration(epoch.ValidationTime.TotalSeconds)}</td>
            <td>{epoch.TrainImagesPerSecond:0.0}</td></tr>
            """);

        HtmlText Accuracy(EpochResult epoch) =>
            Share((long)Math.Round(epoch.ValidationAccuracy * result.Validation.Count), result.Validation.Count);
    }

    private static HtmlText Versions() => HtmlText.Of($"""
        <section>
        <h2>Versions</h2>
        <pre>TransferKit {ModelDescription.CurrentLibrary}
        {TorchRuntime.Diagnose()}</pre>
        </section>
        """);

    /// <summary>Names and their short values, in columns.</summary>
    internal static HtmlText Pairs(IEnumerable<(string Name, HtmlText Value)> pairs) => HtmlText.Of($"""
        <dl class="scores">
        {HtmlText.Join(pairs.Select(pair => HtmlText.Of($"<div><dt>{pair.Name}</dt><dd>{pair.Value}</dd></div>")))}
        </dl>
        """);

    /// <summary>A score with four digits; a dash where it is not a number.</summary>
    internal static string Score(double score, int digits = 4) =>
        double.IsNaN(score) ? "—" : score.ToString($"F{digits}", CultureInfo.InvariantCulture);

    /// <summary>Right ones among all, with the interval in which their share lies; a dash where there are none.</summary>
    internal static HtmlText Share(long right, long count)
    {
        var (low, high) = ConfidenceInterval.Wilson(right, count);
        return count == 0 ? HtmlText.Of($"—")
            : HtmlText.Of($"{100.0 * right / count:0.0} % <span class=\"interval\">({100 * low:0}–{100 * high:0})</span>");
    }

    private static IEnumerable<string> Shortened(IReadOnlyList<string> names) =>
        names.Count <= 12 ? names : [.. names.Take(10), $"and {names.Count - 10} more"];

    private static string Duration(double seconds) => seconds switch
    {
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / 60)} min {seconds % 60:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / 3600)} h {(int)(seconds % 3600 / 60):00} min"),
    };

    /// <summary>The style sheet of all pages.</summary>
    private static HtmlText Style()
    {
        using var file = typeof(ReportPage).Assembly.GetManifestResourceStream("TransferKit.Vision.report.css")!;
        using var reader = new StreamReader(file);
        return HtmlText.Verbatim(reader.ReadToEnd());
    }
}
