namespace TransferKit.Vision;

/// <summary>The page that <see cref="LabelErrorReportExtensions.WriteReport"/> writes, from top to bottom.</summary>
internal static class LabelErrorPage
{
    private const int Side = 160;

    private const string Title = "Doubtful labels";

    public static HtmlText Of(LabelErrorReport report, ImageDataset data, int most)
    {
        using var thumbnails = new PictureThumbnails(data, Side);
        return ReportPage.Document(Title, $"{data.Count} pictures of {data.ClassNames.Count} classes", HtmlText.Of($"""
            <section class="tiles">
            {ReportPage.Tile($"{report.Errors.Count}", "doubtful labels")}
            {ReportPage.Tile($"{report.Conflicts.Count}", "pairs alike, with different labels")}
            {ReportPage.Tile($"{report.Outliers.Count}", "pictures like no others")}
            {ReportPage.Tile($"{100 * report.Evaluation.Accuracy:0.0} %", "predicted as labeled")}
            </section>
            {Section("Labels",
                "Pictures that models which hadn't learned from them take for another class, the most doubtful first.",
                report.Errors.Count, report.Errors.Take(most).Select(error => thumbnails.Figure(error.Index, HtmlText.Of(
                    $"<b>{error.Label}</b>, likely <b>{error.Suggested}</b> ({100 * error.SuggestedProbability:0} %)"))))}
            {Section("Alike, with different labels", "Pairs that look all but the same: one of both labels must be wrong.",
                report.Conflicts.Count, report.Conflicts.Take(most).SelectMany(pair => new[]
                {
                    thumbnails.Figure(pair.First, HtmlText.Of($"<b>{pair.FirstLabel}</b>, as the next one")),
                    thumbnails.Figure(pair.Second, HtmlText.Of($"<b>{pair.SecondLabel}</b>, {pair.Distance:0.000} apart")),
                }))}
            {Section("Like no others", "Far from all other pictures: not of any class, damaged, or simply rare.",
                report.Outliers.Count, report.Outliers.Take(most).Select(odd => thumbnails.Figure(odd.Index, HtmlText.Of(
                    $"<b>{odd.Label}</b>, {odd.Distance:0.000} from its nearest"))))}
            """), HtmlText.Of($"Written by TransferKit, by confident learning (Northcutt et al., 2021)."));

        HtmlText Section(string heading, string note, int count, IEnumerable<HtmlText> figures) => count == 0
            ? HtmlText.Of($"")
            : HtmlText.Of($"""
                <section>
                <h2>{heading}</h2>
                <p class="note">{note}{(count > most ? $" The first {most} of {count}." : "")}</p>
                <div class="thumbnails">
                {HtmlText.Join(figures)}
                </div>
                </section>
                """);
    }
}
