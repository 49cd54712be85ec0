namespace TransferKit.Vision;

/// <summary>The page that <see cref="AutoTrainResult.WriteReport"/> writes, from top to bottom.</summary>
internal static class AutoTrainPage
{
    /// <exception cref="ArgumentException">The test samples don't fit the model.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static HtmlText Of(AutoTrainResult result, ReportOptions options) => ReportPage.Of(
        result.Run, options with { Title = options.Title ?? $"{result.Model.Plan.Model}, found and trained" }, HtmlText.Of($"""
            <section>
            <h2>Decisions</h2>
            <ol>
            {HtmlText.Join(result.Decisions.Select(one => HtmlText.Of($"<li><b>{one.What}</b>: {one.Why}</li>")))}
            </ol>
            </section>
            {Comparison(result.Comparison)}
            {TuningPage.Trials(result.Tuning)}
            <section>
            <h2>The same again</h2>
            <pre>{result.ToCSharp()}</pre>
            </section>
            """));

    private static HtmlText? Comparison(BackboneComparison? comparison) => comparison is null ? null : HtmlText.Of($"""
        <section>
        <h2>Backbones</h2>
        <div class="charts">{ReportCurves.Chart(comparison.Chart())}</div>
        <pre>{comparison}</pre>
        </section>
        """);
}
