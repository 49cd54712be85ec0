namespace TransferKit.Vision;

/// <summary>The page that <see cref="TuningReportExtensions.WriteReport"/> writes, from top to bottom.</summary>
internal static class TuningPage
{
    public static HtmlText Of(TuningResult result) => ReportPage.Document($"{result.Plan.Model}, tuned",
        $"{result.Train.Count} training and {result.Validation.Count} validation samples", HtmlText.Of($"""
            <section class="tiles">
            {ReportPage.Tile($"{result.Best.Score:0.0000}", $"{result.Score}, the best")}
            {ReportPage.Tile($"{result.Defaults.Score:0.0000}", $"{result.Score}, the defaults")}
            {ReportPage.Tile($"{result.Trials.Count}", "trials")}
            {ReportPage.Tile($"{result.Trials.Count(trial => trial.IsFinished)}", "of them trained to the end")}
            </section>
            {Trials(result)}
            <section>
            <h2>The best plan and options</h2>
            <pre>{result.ToCSharp()}</pre>
            </section>
            """), HtmlText.Of($"""
            Written by TransferKit. Trials are compared by asynchronous successive halving (Li et al., 2020). In brackets behind
            an accuracy: where it lies with 95 % confidence, as far as so many samples can tell (Wilson, 1927).
            """));

    /// <summary>The section with all trials, the best first.</summary>
    public static HtmlText Trials(TuningResult result) => HtmlText.Of($"""
        <section>
        <h2>Trials</h2>
        <p>{result.Verdict}</p>
        <div class="charts">{ReportCurves.Chart(result.Chart())}</div>
        <div class="scroll"><table>
        <thead><tr><th>trial</th><th>epochs</th><th>{result.Score}</th><th>loss</th><th>s</th><th>settings</th></tr></thead>
        <tbody>
        {HtmlText.Join(result.Ranked.Select(trial => HtmlText.Of($"""
            <tr class="{(trial == result.Best ? "best" : "")}"><td>{trial.Number}</td><td>{trial.Epochs}</td>
            <td>{ReportPage.Score(trial.Score)}{Interval(trial)}</td><td>{ReportPage.Score(trial.Loss)}</td>
            <td>{trial.Measure.Seconds:0.0}</td>
            <td>{trial.Settings}{(trial.Error is { } error ? $"; failed: {error}" : "")}</td></tr>
            """)))}
        </tbody>
        </table></div>
        </section>
        """);

    private static HtmlText? Interval(TuningTrial trial) => trial.AccuracyInterval is not var (low, high) ? null
        : HtmlText.Of($" <span class=\"interval\">({100 * low:0}–{100 * high:0} %)</span>");
}
