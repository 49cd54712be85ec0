namespace TransferKit;

/// <summary>Ready displays of how far a training is, to be passed as <c>progress</c>.</summary>
public static class Progress
{
    /// <summary>
    /// Shows a training on the console: <c>plan.Train(data, progress: Progress.Console())</c>. On a terminal a bar with the time
    /// that the whole run will still take, and a table with a row for each epoch, in which <c>best so far</c> marks those that
    /// are; where the output is redirected, a plain line for each epoch. Begins with what is doubtful about the data.
    /// </summary>
    /// <returns>One display, for one run after the other; runs at the same time need one each.</returns>
    public static IProgress<TrainingProgress> Console() => System.Console.IsOutputRedirected
        ? new ConsoleProgress(System.Console.Out, width: null, isUnicode: false)
        : new ConsoleProgress(
            System.Console.Out, () => System.Console.WindowWidth, System.Console.OutputEncoding.WebName == "utf-8");
}
