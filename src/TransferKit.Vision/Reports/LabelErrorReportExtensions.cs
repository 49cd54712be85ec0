namespace TransferKit.Vision;

/// <summary>Writes which labels are doubtful as a page for people.</summary>
public static class LabelErrorReportExtensions
{
    /// <summary>
    /// Writes what was found as one HTML file that needs nothing else, no network and no scripts: doubtful labels, pairs that
    /// look the same and have different labels, and pictures like no others, each with its picture.
    /// </summary>
    /// <param name="report">What was found in a dataset of pictures.</param>
    /// <param name="path">
    /// The file, by convention ending in <c>.html</c>; one that is there is replaced, a folder that isn't is made.
    /// </param>
    /// <param name="pictures">How many of each kind are shown, at least 1; the most doubtful come first.</param>
    /// <exception cref="ArgumentException">
    /// The samples are no pictures: <see cref="LabelErrorReport.SaveCsv"/> lists any.
    /// </exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void WriteReport(this LabelErrorReport report, string path, int pictures = 100)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(pictures, 1);
        if (report.Data is not ImageDataset data)
            throw new ArgumentException(
                $"The samples are no pictures, but of a {report.Data.GetType().Name}: {nameof(LabelErrorReport.SaveCsv)} "
                + "lists them.",
                nameof(report));
        AtomicFile.Write(path, LabelErrorPage.Of(report, data, pictures).ToString());
    }
}
