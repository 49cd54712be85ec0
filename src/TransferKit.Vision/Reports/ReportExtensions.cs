namespace TransferKit.Vision;

/// <summary>Writes what a training run brought as a page for people.</summary>
public static class ReportExtensions
{
    /// <summary>
    /// Writes a report on a training run as one HTML file that needs nothing else, no network and no scripts: what ran, phase by
    /// phase, the balance of the classes, curves, scores with what they are worth, the confusion matrix, pictures with what
    /// decided there, calibration, time, memory and versions. The model must not be disposed, nor trained further, before.
    /// </summary>
    /// <param name="result">The run.</param>
    /// <param name="path">
    /// The file, by convention ending in <c>.html</c>; one that is there is replaced, a folder that isn't is made.
    /// </param>
    /// <param name="options">What goes into it; null: the defaults.</param>
    /// <exception cref="ArgumentException">The options are wrong, or the test samples don't fit the model.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static void WriteReport(this TrainingResult result, string path, ReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ReportOptions();
        options.Validate(result.Train.Targets.Task);
        AtomicFile.Write(path, ReportPage.Of(result, options).ToString());
    }
}
