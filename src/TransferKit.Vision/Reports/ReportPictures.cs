using System.Globalization;

namespace TransferKit.Vision;

/// <summary>The validation samples with the highest losses: their pictures, and what decided there.</summary>
internal static class ReportPictures
{
    private const int Side = 224;

    public static HtmlText Of(TrainingResult result, EvaluationResult evaluation, ReportOptions options)
    {
        if (options.TopLosses == 0 || result.Validation is not ImageDataset pictures)
            return HtmlText.Of($"");
        using var explainer = new PictureExplainer(result.Model, pictures.Options);
        var shown = evaluation.TopLosses(options.TopLosses)
            .Select(sample => Figure(explainer, pictures, sample, options.Method)).ToList();
        var method = options.Method ?? ExplanationMethod.For(result.Model.Network);
        return HtmlText.Of($"""
            <section>
            <h2>Highest losses</h2>
            <p class="note">Here wrong labels show, and hard cases. Beside each picture, as the network saw it, what spoke for its
            answer ({method}), yellow to red.</p>
            <div class="pictures">
            {HtmlText.Join(shown)}
            </div>
            </section>
            """);
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
        var targets = pictures.Targets;
        if (sample is { Expected: { } expected, Predicted: { } predicted })
        {
            var taken = expected == predicted ? HtmlText.Of($"recognised")
                : HtmlText.Of($"taken for <b>{pictures.ClassNames[predicted]}</b>");
            return HtmlText.Of($"<b>{pictures.ClassNames[expected]}</b>, {taken} ({100 * sample.Outputs[predicted]:0} %)");
        }
        var target = targets.Values[sample.Index];
        return targets.Task == LearningTask.MultiLabel
            ? HtmlText.Of($"<b>{Names(Targets.Present(target))}</b>, taken for <b>{Names(Named())}</b>")
            : HtmlText.Of($"<b>{Numbers(target.Select(value => (double)value))}</b>, estimated <b>{Numbers(sample.Outputs)}</b>");

        IEnumerable<int> Named() => Enumerable.Range(0, sample.Outputs.Count).Where(label => sample.Outputs[label] > 0.5);

        string Names(IEnumerable<int> labels) =>
            string.Join(", ", labels.Select(label => pictures.ClassNames[label]).DefaultIfEmpty("none"));

        static string Numbers(IEnumerable<double> values) =>
            string.Join(", ", values.Select(value => value.ToString("G4", CultureInfo.InvariantCulture)));
    }

    private static string Data(byte[] jpeg) => $"data:image/jpeg;base64,{Convert.ToBase64String(jpeg)}";
}
