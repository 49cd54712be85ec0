namespace TransferKit.Vision;

/// <summary>Writes what a search for settings found as a page for people.</summary>
public static class TuningReportExtensions
{
    /// <summary>
    /// Writes a search as one HTML file that needs nothing else, no network and no scripts: all trials with a chart, and the best
    /// plan and options as C#.
    /// </summary>
    /// <param name="result">What was found.</param>
    /// <param name="path">
    /// The file, by convention ending in <c>.html</c>; one that is there is replaced, a folder that isn't is made.
    /// </param>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="InvalidOperationException">The head or the score is code of your own; the message says which.</exception>
    public static void WriteReport(this TuningResult result, string path)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, TuningPage.Of(result).ToString());
    }
}
