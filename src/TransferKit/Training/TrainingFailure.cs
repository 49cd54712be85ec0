namespace TransferKit;

/// <summary>What a training run that failed had brought.</summary>
public static class TrainingFailure
{
    private const string Key = "TransferKit.TrainingHistory";

    /// <summary>
    /// The epochs that a training run had finished when this exception ended it, first to last, whoever threw it; empty where
    /// none was. The model has the weights of the best of them, or of the last where <see cref="TrainingOptions.RestoreBest"/> is
    /// off; where there is none, it is as it was before the run.
    /// </summary>
    /// <param name="error">What <c>Train</c> threw.</param>
    public static IReadOnlyList<EpochResult> TrainingHistory(this Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.Data[Key] as IReadOnlyList<EpochResult> ?? [];
    }

    internal static void KeepHistory(this Exception error, IReadOnlyList<EpochResult> history) => error.Data[Key] = history;
}
