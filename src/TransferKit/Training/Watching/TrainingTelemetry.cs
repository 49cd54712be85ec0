using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TransferKit;

/// <summary>
/// Training as .NET's own metrics and activities, for OpenTelemetry and <c>dotnet-counters</c>: the meter and the activity source
/// are both called <c>TransferKit</c>. Costs next to nothing without listeners.
/// </summary>
internal sealed class TrainingTelemetry : ITrainingObserver
{
    private const string Name = "TransferKit";

    private static readonly ActivitySource Activities = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Samples = Meter.CreateCounter<long>(
        "transferkit.training.samples", "{sample}", "Samples trained on.");
    private static readonly Counter<long> Steps = Meter.CreateCounter<long>(
        "transferkit.training.steps", "{step}", "Batches trained on.");
    private static readonly Gauge<double> Loss = Meter.CreateGauge<double>(
        "transferkit.training.loss", description: "The mean training loss of the epoch so far.");
    private static readonly Gauge<double> LearningRate = Meter.CreateGauge<double>(
        "transferkit.training.learning_rate", description: "The learning rate of the head.");

    private Activity? _run, _epoch;
    private (int Epoch, int Step, int Samples) _last;

    public void Started(TrainingStart start)
    {
        // Which epochs a phase begins with, its first progress tells.
        _last = default;
        _run = Activities.StartActivity("training")
            ?.SetTag("transferkit.model", start.Model)
            .SetTag("transferkit.phase", start.Phase)
            .SetTag("transferkit.epochs", start.Epochs)
            .SetTag("transferkit.samples", start.TrainSamples);
    }

    public void Progressed(TrainingProgress progress)
    {
        if (_epoch is null && progress.Finished is null && Activities.HasListeners())
            _epoch = Activities.StartActivity("epoch", ActivityKind.Internal, _run?.Context ?? default)
                ?.SetTag("transferkit.epoch", progress.Epoch);
        if (progress.Phase != TrainingPhase.Training)
            return;
        // Of an epoch that goes on in the middle, what came before the checkpoint was counted by the process that did it.
        var (step, samples) = progress.Epoch == _last.Epoch
            ? (_last.Step, _last.Samples)
            : (progress.Step - 1, progress.Samples - progress.Samples / progress.Step);
        Steps.Add(progress.Step - step);
        Samples.Add(progress.Samples - samples);
        Loss.Record(progress.Loss);
        LearningRate.Record(progress.LearningRate);
        _last = (progress.Epoch, progress.Step, progress.Samples);
    }

    public void EpochFinished(EpochResult epoch)
    {
        _epoch?.SetTag("transferkit.train_loss", epoch.TrainLoss)
            .SetTag("transferkit.validation_loss", epoch.ValidationLoss)
            .SetTag("transferkit.validation_accuracy", epoch.ValidationAccuracy)
            .Stop();
        _epoch = null;
    }

    public void Ended(TrainingEnd outcome)
    {
        _epoch?.Stop();
        _epoch = null;
        _run?.SetTag("transferkit.stop_reason", outcome.Reason?.ToString())
            .SetStatus(outcome.Error is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, outcome.Error?.Message);
        _run?.Stop();
        _run = null;
    }
}
