using System.Globalization;

namespace TransferKit.Vision;

/// <summary>
/// The pictures of a report: those with the highest losses and those that the model is right about, with what decided there, and
/// some as training sees them.
/// </summary>
internal static class ReportPictures
{
    private const int Side = 224;

    public static HtmlText Of(TrainingResult result, EvaluationResult evaluation, ReportOptions options) => HtmlText.Join(
    [
        result.Validation is ImageDataset measured ? Explained(result, measured, evaluation, options) : HtmlText.Of($""),
        result.Train is ImageDataset trained ? AsTrainedOn(result, trained, options.TrainingSamples) : HtmlText.Of($""),
    ]);

    private static HtmlText Explained(
        TrainingResult result, ImageDataset pictures, EvaluationResult evaluation, ReportOptions options)
    {
        using var explainer = new PictureExplainer(result.Model, pictures.Options);
        var method = options.Method ?? ExplanationMethod.For(result.Model.Network);
        var isRegression = !evaluation.Definition.HasClasses;
        var worst = options.TopLosses == 0 ? [] : evaluation.TopLosses(options.TopLosses);
        return HtmlText.Join(
        [
            Section("Highest losses", HtmlText.Of($"""
                Here wrong labels show, and hard cases. Beside each picture, as the network saw it, what spoke for its answer
                ({method}).
                """), worst),
            Section(isRegression ? "Smallest errors" : "Right predictions", HtmlText.Of($"""
                Whether the model looks at the right thing also shows where it is right{(isRegression
                    ? "" : ": of each class in turn, the pictures that it is surest of")}.
                """), Best(evaluation, options.CorrectPredictions)),
        ]);

        HtmlText Section(string heading, HtmlText note, IReadOnlyList<SampleLoss> samples) => samples.Count == 0
            ? HtmlText.Of($"")
            : HtmlText.Of($"""
                <section>
                <h2>{heading}</h2>
                <p class="note">{note}</p>
                <p class="legend"><span>counted for nothing</span><i></i><span>counted most</span></p>
                <div class="pictures">
                {HtmlText.Join(samples.Select(sample => Figure(explainer, pictures, sample, options.Method)))}
                </div>
                </section>
                """);
    }

    /// <summary>The lowest losses of samples that the model is right about, those of each class in turn.</summary>
    private static IReadOnlyList<SampleLoss> Best(EvaluationResult evaluation, int count)
    {
        var samples = evaluation.Samples!;
        return
        [
            .. Enumerable.Range(0, samples.Count)
                .Where(sample => !samples.Definition.HasClasses || samples.IsCorrect(sample))
                .Select(sample => (Sample: sample, Loss: samples.LossOf(sample)))
                .GroupBy(found => samples.Definition.HasOneClass ? samples.Labels[found.Sample] : 0)
                .OrderBy(ofClass => ofClass.Key)
                .SelectMany(ofClass => ofClass.OrderBy(found => found.Loss).Take(count).Index())
                .OrderBy(found => found.Index).Take(count)
                .Select(found => SampleLoss.Of(samples, found.Item.Sample, found.Item.Loss)),
        ];
    }

    private static HtmlText AsTrainedOn(TrainingResult result, ImageDataset pictures, int count)
    {
        count = Math.Min(count, pictures.Count);
        if (count == 0)
            return HtmlText.Of($"");
        var augment = result.Options.Augment;
        var transforms = pictures.Options.TransformsFor(result.Model.Preprocessing, augment);
        using var reader = new SampleReader(
            pictures.Options, result.Model.Preprocessing.Channels, pictures.Cache);
        return HtmlText.Of($"""
            <section>
            <h2>Samples as trained on</h2>
            <p class="note">Drawn evenly over the training pictures{(augment ? ", with random changes as in every epoch" : "")}.
            {(augment ? "What they show must still be what they are called." : "")}</p>
            <div class="thumbnails">
            {HtmlText.Join(Enumerable.Range(0, count).Select(place => (int)((long)place * pictures.Count / count)).Select(Look))}
            </div>
            </section>
            """);

        HtmlText Look(int index)
        {
            try
            {
                var canvas = reader.Transform(
                    pictures.Sources[index], transforms, new SeededRandom(result.Options.Seed, 1, index));
                var pixels = canvas.PixelsToShow();
                var jpeg = PictureEncoder.Thumbnail(pixels.ToRgb(), pixels.Width, pixels.Height, Side / 2);
                return HtmlText.Of($"""
                    <figure><img alt="" src="{Data(jpeg)}" /><figcaption>{pictures.Describe(index)}</figcaption></figure>
                    """);
            }
            // Those that can't be read were not trained on.
            catch (ImageException)
            {
                return HtmlText.Of($"");
            }
        }
    }

    private static HtmlText Figure(
        PictureExplainer explainer, ImageDataset pictures, SampleLoss sample, ExplanationMethod? method)
    {
        var source = pictures.Sources[sample.Index];
        var file = Path.Join(Path.GetFileName(Path.GetDirectoryName(source.Name)), Path.GetFileName(source.Name));
        return HtmlText.Of($"""
            <figure>
            {Images(explainer, source, sample, method)}
            <figcaption>{Caption(pictures, sample)}<br />
            <span title="{source.Name}">{file}</span>, loss {sample.Loss:0.00}</figcaption>
            </figure>
            """);
    }

    private static HtmlText Images(PictureExplainer explainer, ImageSource source, SampleLoss sample, ExplanationMethod? method)
    {
        try
        {
            var answer = sample.Predicted ?? Enumerable.Range(0, sample.Outputs.Count).MaxBy(label => sample.Outputs[label]);
            var explanation = explainer.Explain(source, method, answer);
            return HtmlText.Of($"""
                <div class="pair"><img alt="" src="{Data(explanation.PictureThumbnail(Side))}" />
                <img alt="heat map" src="{Data(explanation.OverlayThumbnail(Side))}" /></div>
                """);
        }
        // A picture that has gone since, or a network without a map, is no reason to have no report.
        catch (Exception error) when (error is ImageException or NotSupportedException)
        {
            return HtmlText.Of($"<p class=\"note\">{error.Message}</p>");
        }
    }

    private static HtmlText Caption(ImageDataset pictures, SampleLoss sample)
    {
        if (sample is { Expected: { } expected, Predicted: { } predicted })
        {
            var taken = expected == predicted ? HtmlText.Of($"recognized")
                : HtmlText.Of($"taken for <b>{pictures.ClassNames[predicted]}</b>");
            return HtmlText.Of($"<b>{pictures.ClassNames[expected]}</b>, {taken} ({100 * sample.Outputs[predicted]:0} %)");
        }
        var target = pictures.Targets.Rows[sample.Index];
        if (!pictures.Targets.Definition.HasClasses)
            return HtmlText.Of(
                $"<b>{Numbers(target.Select(value => (double)value))}</b>, estimated <b>{Numbers(sample.Outputs)}</b>");
        var named = Enumerable.Range(0, sample.Outputs.Count).Where(label => sample.Outputs[label] > 0.5).ToList();
        return Targets.Present(target).SequenceEqual(named)
            ? HtmlText.Of($"<b>{Names(named)}</b>, recognized")
            : HtmlText.Of($"<b>{Names(Targets.Present(target))}</b>, taken for <b>{Names(named)}</b>");

        string Names(IEnumerable<int> labels) =>
            string.Join(", ", labels.Select(label => pictures.ClassNames[label]).DefaultIfEmpty("none"));

        static string Numbers(IEnumerable<double> values) =>
            string.Join(", ", values.Select(value => value.ToString("G4", CultureInfo.InvariantCulture)));
    }

    /// <summary>A picture as an address that holds it.</summary>
    internal static string Data(byte[] jpeg) => $"data:image/jpeg;base64,{Convert.ToBase64String(jpeg)}";
}
