using System.Globalization;

namespace TransferKit.Vision;

/// <summary>The page that <see cref="ReportExtensions.WriteReport"/> writes, from top to bottom.</summary>
internal static class ReportPage
{
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static HtmlText Of(TrainingResult result, ReportOptions options)
    {
        var model = result.Model;
        // A run that went on from a checkpoint may know its best scores without the samples that they come from.
        var evaluation = model.Evaluation is { Samples: not null } known ? known : model.Evaluate(result.Validation);
        var title = options.Title ?? $"{model.Plan.Model}, trained";
        return HtmlText.Of($"""
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
            <p>{string.Join(", ", Shortened(model.ClassNames))} · {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC</p>
            </header>
            <main>
            {Tiles(result, evaluation)}
            {Setup(result)}
            {Curves(result)}
            {ReportScores.Of(result, evaluation)}
            {ReportPictures.Of(result, evaluation, options)}
            {Calibration(evaluation)}
            {Cost(result)}
            {Versions()}
            </main>
            <footer>Written by TransferKit.</footer>
            </body>
            </html>

            """);
    }

    private static HtmlText Tiles(TrainingResult result, EvaluationResult evaluation)
    {
        var best = result.Best is { } epoch ? $"{epoch.Epoch} of {result.History.Count}" : "none";
        var (train, validation) = (result.Train.Count, result.Validation.Count);
        var seconds = result.History.Sum(one => (one.TrainTime + one.ValidationTime).TotalSeconds);
        // Parts of one dataset share what they left out.
        var leftOut = new[] { result.Train, result.Validation }.OfType<ImageDataset>()
            .SelectMany(data => data.Skipped).Distinct().Count();
        return HtmlText.Of($"""
            <section class="tiles">
            {(double.IsNaN(evaluation.Accuracy) ? null : Tile($"{100 * evaluation.Accuracy:0.0} %", "validation accuracy"))}
            {Tile($"{evaluation.Loss:0.0000}", "validation loss")}
            {Tile($"{best}", "best epoch")}
            {Tile($"{train} + {validation}", "training and validation samples")}
            {(leftOut == 0 ? null : Tile($"{leftOut}", "pictures left out, as they can't be read"))}
            {Tile($"{Duration(seconds)}", "training time")}
            </section>
            """);
    }

    private static HtmlText Tile(HtmlText.Handler value, string label) =>
        HtmlText.Of($"<div class=\"tile\"><strong>{value.Text}</strong><span>{label}</span></div>");

    private static HtmlText Setup(TrainingResult result)
    {
        var plan = result.Model.Plan;
        var (training, total) = result.Model.Parameters;
        var pixels = result.Model.Preprocessing.CropSize;
        return HtmlText.Of($"""
            <section>
            <h2>Plan</h2>
            <p>{plan}</p>
            <p>{training:N0} of {total:N0} parameters trained ({100.0 * training / total:0.0} %), on images of {pixels} × {pixels}
            px. {Ending(result.StopReason)}</p>
            <p>{result.FrozenLayers}</p>
            <h3>Settings</h3>
            <dl class="settings">
            {HtmlText.Join(Settings(result.Options).Select(setting => Pair(setting.Name, setting.Value)))}
            </dl>
            </section>
            """);
    }

    /// <summary>A name and its value, for a list of those.</summary>
    internal static HtmlText Pair(string name, string value) => HtmlText.Of($"<div><dt>{name}</dt><dd>{value}</dd></div>");

    /// <summary>What was set, in the words of <see cref="TrainingOptions"/>; what was left out stays out.</summary>
    private static IEnumerable<(string Name, string Value)> Settings(TrainingOptions options) =>
        options.Describe().Select(setting => (setting.Key, setting.Value))
            .Prepend((nameof(TrainingOptions.Epochs), options.Epochs.ToString(CultureInfo.InvariantCulture)))
            .Where(setting => setting.Item2.Length > 0);

    private static string Ending(StopReason reason) => reason switch
    {
        StopReason.EarlyStopping => "Training ended early, for the watched score no longer improved.",
        StopReason.Cancelled => "Training was cancelled.",
        _ => "",
    };

    private static HtmlText Curves(TrainingResult result)
    {
        var epochs = result.History;
        if (epochs.Count == 0)
            return HtmlText.Of($"");
        return HtmlText.Of($"""
            <section>
            <h2>Curves</h2>
            <div class="charts">
            {Curve("loss", Line("training", epoch => epoch.TrainLoss), Line("validation", epoch => epoch.ValidationLoss))}
            {(double.IsNaN(epochs[0].ValidationAccuracy) ? null : Curve("accuracy",
                Line("training", epoch => epoch.TrainAccuracy), Line("validation", epoch => epoch.ValidationAccuracy)))}
            {Curve("learning rate", Line("head", epoch => epoch.LearningRate))}
            </div>
            <p class="note">Training values are of pictures as they were when their batch was trained on{(result.Options.Augment
                ? ", augmented" : "")}; validation values are of plain pictures at the end of the epoch.</p>
            </section>
            """);

        ChartLine Line(string name, Func<EpochResult, double> value) =>
            new(name, [.. epochs.Select(epoch => ((double)epoch.Epoch, value(epoch)))]);

        static HtmlText Curve(string name, params ChartLine[] lines) =>
            Chart(new LineChart { Title = name, XLabel = "epoch", YLabel = "", WholeX = true, Lines = lines });
    }

    private static HtmlText Calibration(EvaluationResult evaluation)
    {
        if (evaluation.Task != LearningTask.Classification)
            return HtmlText.Of($"");
        var bins = evaluation.Reliability(10).Where(bin => bin.Count > 0).ToList();
        var chart = new LineChart
        {
            Title = "confidence and accuracy",
            XLabel = "mean confidence",
            YLabel = "",
            Lines =
            [
                new("this model", [.. bins.Select(bin => (bin.Confidence, bin.Accuracy))]),
                new("ideal", [(0, 0), (1, 1)]),
            ],
        };
        return HtmlText.Of($"""
            <section>
            <h2>Calibration</h2>
            <p>Confidence and accuracy are {100 * evaluation.CalibrationError():0.0} percentage points apart on average (expected
            calibration error, 15 parts). Below the diagonal the model is surer than it should be.</p>
            <div class="charts">
            {Chart(chart)}
            <div class="scroll"><table>
            <thead><tr><th>confidence</th><th>samples</th><th>right</th></tr></thead>
            <tbody>
            {HtmlText.Join(bins.Select(bin => HtmlText.Of($"""
                <tr><td>{100 * bin.Lower:0}–{100 * bin.Upper:0} %</td><td>{bin.Count}</td><td>{100 * bin.Accuracy:0.0} %</td></tr>
                """)))}
            </tbody>
            </table></div>
            </div>
            </section>
            """);
    }

    private static HtmlText Cost(TrainingResult result)
    {
        var memory = MemoryUse.Measure();
        return HtmlText.Of($"""
            <section>
            <h2>Speed and memory</h2>
            <p>The process held {memory.PeakMiB:N0} MiB of memory at most, and {memory.ResidentMiB:N0} MiB when this was
            written.</p>
            <div class="scroll"><table>
            <thead><tr><th>epoch</th><th>training loss</th><th>validation loss</th><th>accuracy</th><th>training</th>
            <th>validation</th><th>images/s</th></tr></thead>
            <tbody>
            {HtmlText.Join(result.History.Select(Row))}
            </tbody>
            </table></div>
            </section>
            """);

        HtmlText Row(EpochResult epoch) => HtmlText.Of($"""
            <tr class="{(epoch == result.Best ? "best" : "")}"><td>{epoch.Epoch}</td><td>{epoch.TrainLoss:0.0000}</td>
            <td>{epoch.ValidationLoss:0.0000}</td><td>{Score(epoch.ValidationAccuracy)}</td>
            <td>{Duration(epoch.TrainTime.TotalSeconds)}</td><td>{Duration(epoch.ValidationTime.TotalSeconds)}</td>
            <td>{epoch.TrainImagesPerSecond:0.0}</td></tr>
            """);
    }

    private static HtmlText Versions()
    {
        var version = typeof(ReportPage).Assembly.GetName().Version?.ToString(3);
        return HtmlText.Of($"""
            <section>
            <h2>Versions</h2>
            <pre>TransferKit {version}
            {TorchRuntime.Diagnose()}</pre>
            </section>
            """);
    }

    /// <summary>A chart as small as it is on a phone, so that its letters are legible there.</summary>
    private static HtmlText Chart(LineChart chart) =>
        HtmlText.Of($"<figure>{HtmlText.Verbatim((chart with { Width = 340, Height = 240 }).ToSvg())}</figure>");

    /// <summary>A score with four digits; a dash where it is not a number.</summary>
    internal static string Score(double score) =>
        double.IsNaN(score) ? "–" : score.ToString("0.0000", CultureInfo.InvariantCulture);

    private static IEnumerable<string> Shortened(IReadOnlyList<string> names) =>
        names.Count <= 12 ? names : [.. names.Take(10), $"and {names.Count - 10} more"];

    private static string Duration(double seconds) => seconds switch
    {
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / 60)} min {seconds % 60:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / 3600)} h {(int)(seconds % 3600 / 60):00} min"),
    };

    private static HtmlText Style()
    {
        using var file = typeof(ReportPage).Assembly.GetManifestResourceStream("TransferKit.Vision.report.css")!;
        using var reader = new StreamReader(file);
        return HtmlText.Verbatim(reader.ReadToEnd());
    }
}
