using Microsoft.Extensions.Logging;

namespace TransferKit;

/// <summary>
/// Hands what happens in a run to all who watch it, with the epochs of all phases numbered through. Who fails is left out from
/// then on.
/// </summary>
internal sealed class TrainingWatch
{
    private readonly List<ITrainingObserver> _observers;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly ILogger _logger;
    private readonly List<Exception> _errors = [];
    private bool _isUnderWay;

    /// <param name="observers">Who watches, besides .NET's own metrics and activities.</param>
    /// <param name="progress">Told of progress alone; what it throws ends the run.</param>
    /// <param name="logger">Told of observers that fail.</param>
    public TrainingWatch(IEnumerable<ITrainingObserver> observers, IProgress<TrainingProgress>? progress, ILogger logger) =>
        (_observers, _progress, _logger) = ([.. observers, new TrainingTelemetry()], progress, logger);

    /// <summary>What observers threw.</summary>
    public IReadOnlyList<Exception> Errors => _errors;

    /// <summary>The phase that is under way, counted from 1, and how many there are.</summary>
    public (int Number, int Count) Phase { get; set; } = (1, 1);

    /// <summary>The epochs of earlier phases.</summary>
    public IReadOnlyList<EpochResult> Earlier { get; set; } = [];

    /// <summary>Epochs of all phases; null: those of the only one.</summary>
    public int? Epochs { get; set; }

    public void Started(
        TransferPlan plan, TrainingOptions options, int trainSamples, int validationSamples, IReadOnlyList<EpochResult> history)
    {
        var start = new TrainingStart
        {
            Plan = plan,
            Options = options,
            Phase = Phase.Number,
            Phases = Phase.Count,
            Epochs = Epochs ?? options.Epochs,
            TrainSamples = trainSamples,
            ValidationSamples = validationSamples,
            History = [.. Earlier, .. history.Select(Number)],
        };
        _isUnderWay = true;
        Tell(observer => observer.Started(start));
    }

    public void Report(TrainingProgress progress)
    {
        var now = progress with
        {
            Epoch = Earlier.Count + progress.Epoch,
            Epochs = Epochs ?? progress.Epochs,
            Finished = progress.Finished is { } finished ? Number(finished) : null,
        };
        _progress?.Report(now);
        Tell(observer => observer.Progressed(now));
        if (now.Finished is { } epoch)
            Tell(observer => observer.EpochFinished(epoch));
    }

    public void Ended(StopReason reason) => End(new TrainingEnd(reason, null));

    public void Failed(Exception error) => End(new TrainingEnd(null, error));

    /// <summary>An epoch of this phase under its number in the run.</summary>
    public EpochResult Number(EpochResult epoch) => epoch with { Epoch = Earlier.Count + epoch.Epoch };

    /// <summary>Who wasn't told of a start isn't told of an end.</summary>
    private void End(TrainingEnd end)
    {
        if (_isUnderWay)
            Tell(observer => observer.Ended(end));
        _isUnderWay = false;
    }

    private void Tell(Action<ITrainingObserver> what)
    {
        foreach (var observer in _observers.ToList())
        {
            try
            {
                what(observer);
            }
#pragma warning disable CA1031 // Whatever goes wrong in an observer, hours of training are worth more than it.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _observers.Remove(observer);
                _errors.Add(error);
                _logger.ObserverFailed(observer.GetType().Name, error);
            }
        }
    }
}
