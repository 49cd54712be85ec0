namespace TransferKit;

/// <summary>How a run, or a phase of one, ended: with a reason, or with an error.</summary>
/// <param name="Reason">Why it ended; null: by an error.</param>
/// <param name="Error">What is about to be thrown; null: nothing.</param>
public sealed record TrainingEnd(StopReason? Reason, Exception? Error)
{
    /// <summary><c>Completed</c>, or what the error says.</summary>
    public override string ToString() => Reason?.ToString() ?? Error?.Message ?? "";
}
