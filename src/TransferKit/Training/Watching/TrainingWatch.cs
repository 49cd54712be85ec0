namespace TransferKit;

/// <summary>
/// Hands what happens in a run to all who watch it, with the epochs of all phases numbered through. Who fails is left out from
/// then on.
/// </summary>
internal sealed class TrainingWatch
{
    private readonly List<ITrainingObserver> _observers;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly TrainingOptions _options;
    private readonly List<Exception> _errors = [];
    private readonly List<TrainedPhase> _phases = [];
    private readonly Dictionary<(Dataset, int), SkippedSample> _skipped = [];
    private TrainedPhase? _current;
    private Score _score = Score.Loss;
    private double _best = double.NaN;
    private bool _isUnderWay;

    /// <param name="options">Who watches, besides .NET's own metrics and activities; the log; the strategy.</param>
    /// <param name="progress">
    /// Told of progress; what it throws ends the run. The console's own is told of the rest as observers are.
    /// </param>
    public TrainingWatch(TrainingOptions options, IProgress<TrainingProgress>? progress) => (_observers, _progress, _options) =
        ([.. options.Observers, .. progress is ConsoleProgress console ? [console] : Array.Empty<ITrainingObserver>(),
            new TrainingTelemetry()], progress, options);

    /// <summary>What is doubtful about the data.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What observers threw.</summary>
    public IReadOnlyList<Exception> Errors => _errors;

    /// <summary>Samples that were left out, each once.</summary>
    public IEnumerable<SkippedSample> Skipped => _skipped.Values;

    /// <summary>What the phases did that have ended; one that failed, if it finished an epoch.</summary>
    public IReadOnlyList<TrainedPhase> Phases => _phases;

    /// <summary>The phase that is under way, counted from 1, and how many there are.</summary>
    public (int Number, int Count) Phase { get; set; } = (1, 1);

    /// <summary>The epochs of earlier phases.</summary>
    public IReadOnlyList<EpochResult> Earlier { get; set; } = [];

    /// <summary>Epochs of all phases; null: those of the only one.</summary>
    public int? Epochs { get; set; }

    /// <summary>Epochs that come now don't compare with those before.</summary>
    public void ForgetBest() => _best = double.NaN;

    /// <param name="model">The model, as it trains in this phase.</param>
    /// <param name="request">The samples, and the options of this phase.</param>
    /// <param name="settings">What of the options counts, in words, name by name.</param>
    /// <param name="history">The epochs of this phase before the checkpoint that it goes on from.</param>
    public void Started(LiveModel model, TrainingRequest request, IReadOnlyDictionary<string, string> settings,
        IReadOnlyList<EpochResult> history)
    {
        var phase = TrainedPhase.Of(model, _options.Strategy, Phase, Earlier.Count + 1, history.Count, request, settings);
        (_current, _score) = (phase, request.Score);
        foreach (var epoch in history)
            IsBest(epoch);
        var start = new TrainingStart
        {
            Model = model.Recipe.Model,
            Plan = phase.Plan,
            Layers = phase.Layers,
            Parameters = phase.Parameters,
            Options = request.Options,
            Settings = phase.Settings,
            Phase = Phase.Number,
            Phases = Phase.Count,
            Epochs = Epochs ?? request.Options.Epochs,
            TrainSamples = phase.TrainSamples,
            ValidationSamples = phase.ValidationSamples,
            History = [.. Earlier, .. history.Select(Number)],
            Warnings = Warnings,
        };
        _options.Logger.Started(phase.Plan, phase.TrainSamples, phase.ValidationSamples, phase.Parameters, phase.Layers,
            phase.Number, phase.Count, phase.SettingsInWords);
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
            IsBest = progress.Finished is { } result && IsBest(result),
        };
        _progress?.Report(now);
        Tell(observer => observer.Progressed(now));
        if (now.Finished is not { } epoch)
            return;
        _current = _current! with { Epochs = _current.Epochs + 1 };
        Tell(observer => observer.EpochFinished(epoch));
        _options.Logger.EpochFinished(now.Epoch, now.Epochs, epoch.Numbers);
    }

    /// <summary>Notes what the phase under way has chosen by itself, beside its settings.</summary>
    public void Chose(string setting, string choice)
    {
        var settings = new Dictionary<string, string>(_current!.Settings) { [setting] = choice };
        _current = _current with { Settings = settings };
        _options.Logger.Chosen(setting, choice);
    }

    /// <summary>A sample couldn't be read. Of one that is met in every epoch, the first reason counts.</summary>
    public void Skip(SkippedSample sample) => _skipped.TryAdd((sample.Data, sample.Index), sample);

    public void Ended(StopReason reason, FrozenLayersReport frozenLayers)
    {
        _phases.Add(_current! with { StopReason = reason, FrozenLayers = $"{frozenLayers}" });
        _options.Logger.Ended(reason, frozenLayers);
        End(new TrainingEnd(reason, null));
    }

    public void Failed(Exception error)
    {
        if (_isUnderWay && _current is { Epochs: > 0 } phase)
            _phases.Add(phase);
        End(new TrainingEnd(null, error));
    }

    /// <summary>An epoch of this phase under its number in the run.</summary>
    public EpochResult Number(EpochResult epoch) => epoch with { Epoch = Earlier.Count + epoch.Epoch };

    /// <summary>Who wasn't told of a start isn't told of an end.</summary>
    private void End(TrainingEnd end)
    {
        if (_isUnderWay)
            Tell(observer => observer.Ended(end));
        _isUnderWay = false;
    }

    /// <summary>Whether an epoch, the next one, is better than all before.</summary>
    private bool IsBest(EpochResult epoch)
    {
        var isBest = _score.IsBetter(epoch.Monitored, _best);
        _best = isBest ? epoch.Monitored : _best;
        return isBest;
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
                _options.Logger.ObserverFailed(observer.GetType().Name, error);
            }
        }
    }
}
