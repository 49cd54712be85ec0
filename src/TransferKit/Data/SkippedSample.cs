namespace TransferKit;

/// <summary>A sample that couldn't be read and was left out.</summary>
/// <param name="Data">The dataset that it is of.</param>
/// <param name="Index">Its position there.</param>
/// <param name="Reason">Why; null: the dataset doesn't say.</param>
public sealed record SkippedSample(Dataset Data, int Index, Exception? Reason)
{
    /// <summary>What the reason says, or the position.</summary>
    public override string ToString() => Reason?.Message ?? $"Sample {Index} couldn't be read.";
}
