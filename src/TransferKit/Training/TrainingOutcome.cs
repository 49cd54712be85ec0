namespace TransferKit;

/// <summary>How a training went; the model has what it learned.</summary>
/// <param name="History">Every finished epoch, first to last.</param>
/// <param name="StopReason">Why it ended.</param>
/// <param name="BestEpoch">The epoch with the best score, counted from 1; 0: none was finished.</param>
/// <param name="FrozenLayers">What was done to spare the work of layers that don't train.</param>
internal sealed record TrainingOutcome(
    IReadOnlyList<EpochResult> History, StopReason StopReason, int BestEpoch, FrozenLayersReport FrozenLayers)
{
    /// <inheritdoc cref="TrainingResult.Best"/>
    public EpochResult? Best => BestEpoch == 0 ? null : History[BestEpoch - 1];
}
