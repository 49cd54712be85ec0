using System.Globalization;

namespace TransferKit.Vision;

/// <summary>How many samples each class has, in each part of the data.</summary>
internal static class ReportBalance
{
    /// <summary>Of more classes, the largest and the smallest are shown.</summary>
    private const int MostShown = 40;

    public static HtmlText Of(TrainingResult result, ReportOptions options)
    {
        if (!result.Train.Targets.Definition.HasClasses)
            return HtmlText.Of($"");
        var parts = new List<(string Name, int[] Counts)>
        {
            ("training", result.Train.Targets.CountOfEach()), ("validation", result.Validation.Targets.CountOfEach()),
        };
        if (options.Test is { } test)
            parts.Add(("test", test.Targets.CountOfEach()));
        var training = parts[0].Counts;
        var labels = Enumerable.Range(0, training.Length).OrderByDescending(label => training[label]).ToList();
        var shown = labels.Count <= MostShown ? labels : [.. labels.Take(MostShown / 2), .. labels.TakeLast(MostShown / 2)];
        return HtmlText.Of($"""
            <section>
            <h2>Class balance</h2>
            {(labels.Count <= MostShown ? null : HtmlText.Of($"""
                <p class="note">The {MostShown / 2} largest and the {MostShown / 2} smallest of {labels.Count} classes.</p>
                """))}
            <div class="scroll"><table class="balance">
            <thead>
            <tr><th>class</th>{HtmlText.Join(parts.Select(part => HtmlText.Of($"<th>{part.Name}</th>")))}<td></td></tr>
            </thead>
            <tbody>
            {HtmlText.Join(shown.Select(Row))}
            </tbody>
            </table></div>
            </section>
            """);

        HtmlText Row(int label)
        {
            var share = (training[label] / (double)Math.Max(training.Max(), 1)).ToString("0.###", CultureInfo.InvariantCulture);
            return HtmlText.Of($"""
                <tr><th>{result.Train.ClassNames[label]}</th>
                {HtmlText.Join(parts.Select(part => HtmlText.Of($"<td>{part.Counts[label]}</td>")))}
                <td><div class="bar" style="--share: {share}"></div></td></tr>
                """);
        }
    }
}
