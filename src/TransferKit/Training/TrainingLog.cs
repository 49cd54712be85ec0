using Microsoft.Extensions.Logging;

namespace TransferKit;

/// <summary>What a training run writes to its log, with fixed event ids.</summary>
internal static partial class TrainingLog
{
    [LoggerMessage(1, LogLevel.Information, "Training {Plan}: {Train} training and {Validation} validation samples, "
        + "{Parameters} parameters train.")]
    public static partial void Started(this ILogger logger, TransferPlan plan, int train, int validation, long parameters);

    [LoggerMessage(2, LogLevel.Information, "Epoch {Epoch}/{Epochs}: {Result}")]
    public static partial void EpochFinished(this ILogger logger, int epoch, int epochs, EpochResult result);

    [LoggerMessage(3, LogLevel.Information, "Training ended: {Reason}. {FrozenLayers}")]
    public static partial void Ended(this ILogger logger, StopReason reason, FrozenLayersReport frozenLayers);

    [LoggerMessage(4, LogLevel.Information, "Going on from {Path}: epoch {Epoch}, after {Step} batches.")]
    public static partial void Resumed(this ILogger logger, string path, int epoch, int step);

    [LoggerMessage(5, LogLevel.Debug, "Wrote the checkpoint {Path}.")]
    public static partial void CheckpointWritten(this ILogger logger, string path);

    [LoggerMessage(6, LogLevel.Warning, "A checkpoint is left out, the one before is taken: {Reason}")]
    public static partial void CheckpointDamaged(this ILogger logger, string reason);

    [LoggerMessage(7, LogLevel.Warning, "No training sample is of {Classes}: the model can't learn what they look like.")]
    public static partial void ClassesMissing(this ILogger logger, string classes);

    [LoggerMessage(8, LogLevel.Warning, "The observer {Observer} failed, and is told nothing more of this run.")]
    public static partial void ObserverFailed(this ILogger logger, string observer, Exception error);

    [LoggerMessage(20, LogLevel.Warning, "The run has computed with {Before} threads and goes on with {Now}: sums are rounded "
        + "otherwise, and it won't end in the same bits as without the interruption. TorchRuntime.Threads = {Before} would.")]
    public static partial void ThreadsDiffer(this ILogger logger, int before, int now);
}
