using Microsoft.Extensions.Logging;

namespace TransferKit;

/// <summary>What a training run writes to its log, with fixed event ids.</summary>
internal static partial class TrainingLog
{
    [LoggerMessage(1, LogLevel.Information, "Training {Plan}: {Train} training and {Validation} validation samples, "
        + "{Parameters} parameters train ({Layers}). Phase {Phase} of {Phases}: {Settings}.")]
    public static partial void Started(this ILogger logger, string plan, int train, int validation, long parameters,
        string layers, int phase, int phases, string settings);

    [LoggerMessage(2, LogLevel.Information, "Epoch {Epoch}/{Epochs}: {Result}")]
    public static partial void EpochFinished(this ILogger logger, int epoch, int epochs, string result);

    [LoggerMessage(3, LogLevel.Information, "Training ended: {Reason}. {FrozenLayers}")]
    public static partial void Ended(this ILogger logger, StopReason reason, FrozenLayersReport frozenLayers);

    [LoggerMessage(4, LogLevel.Information, "Going on from {Path}: epoch {Epoch}, after {Step} batches.")]
    public static partial void Resumed(this ILogger logger, string path, int epoch, int step);

    [LoggerMessage(5, LogLevel.Debug, "Wrote the checkpoint {Path}.")]
    public static partial void CheckpointWritten(this ILogger logger, string path);

    [LoggerMessage(6, LogLevel.Warning, "A checkpoint is left out, the one before is taken: {Reason}")]
    public static partial void CheckpointDamaged(this ILogger logger, string reason);

    [LoggerMessage(7, LogLevel.Warning, "{Warning}")]
    public static partial void DataDoubtful(this ILogger logger, string warning);

    [LoggerMessage(8, LogLevel.Warning, "The observer {Observer} failed, and is told nothing more of this run.")]
    public static partial void ObserverFailed(this ILogger logger, string observer, Exception error);

    [LoggerMessage(9, LogLevel.Warning, "No validation sample of {Classes} could be read: the scores don't cover them.")]
    public static partial void ClassesNotValidated(this ILogger logger, string classes);

    [LoggerMessage(10, LogLevel.Warning, "The run goes on with other circumstances than it was begun with, so that its numbers "
        + "may differ. {What}: '{Then}' then, '{Now}' now.")]
    public static partial void CircumstancesChanged(this ILogger logger, string what, string then, string now);

    [LoggerMessage(11, LogLevel.Warning, "The schedule '{Schedule}' was made for {Then} epochs and now has {Now}: the rate was "
        + "{Last} in the last step and is {Next} in the next. For a run that ends as one of {Now} epochs would have, "
        + "begin anew.")]
    public static partial void ScheduleStretched(
        this ILogger logger, string schedule, int then, int now, double last, double next);

    [LoggerMessage(12, LogLevel.Information, "{Setting}: {Choice}.")]
    public static partial void Chosen(this ILogger logger, string setting, string choice);

    [LoggerMessage(13, LogLevel.Warning, "{Error} Training goes on, and what the server should get is kept until it takes it.")]
    public static partial void MlflowIsAway(this ILogger logger, string error);

    [LoggerMessage(14, LogLevel.Information, "MLflow at {Server} has got what was kept.")]
    public static partial void MlflowIsBack(this ILogger logger, Uri server);

    [LoggerMessage(15, LogLevel.Warning, "{Count} entries of an earlier run still can't be sent to MLflow: they are in {File}.")]
    public static partial void MlflowSetAside(this ILogger logger, int count, string file);

    [LoggerMessage(16, LogLevel.Warning, "Gradients are summed through the host's memory, and not between GPUs: {Obstacle}.")]
    public static partial void SummedByHost(this ILogger logger, string obstacle);

    [LoggerMessage(20, LogLevel.Information, "Weights of {Report}.")]
    public static partial void WeightsTaken(this ILogger logger, WeightsReport report);

    [LoggerMessage(21, LogLevel.Warning, "Weights of {Report}. What is left out is not in the model.")]
    public static partial void WeightsLeftOut(this ILogger logger, WeightsReport report);

    /// <summary>Says what came from a file: that published weights lend no head to other classes goes without saying.</summary>
    public static void Weights(this ILogger logger, WeightsReport? report, Pretrained weights)
    {
        if (report is { LeftOut.Count: > 0 } && !weights.HasImageNetHead)
            logger.WeightsLeftOut(report);
        else if (report is not null)
            logger.WeightsTaken(report);
    }
}
