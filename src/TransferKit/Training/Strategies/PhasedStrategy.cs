namespace TransferKit;

/// <summary>One training of several that follow each other on a model.</summary>
/// <param name="Recipe">What trains, and how large images are.</param>
/// <param name="Options">How.</param>
internal sealed record StrategyPhase(ModelRecipe Recipe, TrainingOptions Options);

/// <summary>Several phases of training one model, with one result.</summary>
internal abstract record PhasedStrategy : TrainingStrategy
{
    /// <exception cref="InvalidOperationException">The network isn't made for it.</exception>
    private protected abstract IReadOnlyList<StrategyPhase> Phases(LiveModel model, TrainingOptions options);

    internal sealed override TrainingOutcome Run(
        LiveModel model, TrainingRequest request, TrainingWatch watch, CancellationToken cancellationToken)
    {
        var (options, phases) = (request.Options, Phases(model, request.Options));
        var (original, history) = (model.Preprocessing, new List<EpochResult>());
        using var best = new BestOfPhases(request);
        watch.Epochs = phases.Sum(phase => phase.Options.Epochs);
        TrainingOutcome result;
        var number = 0;
        do
        {
            var (recipe, settings) = phases[number++];
            (watch.Phase, watch.Earlier) = ((number, phases.Count), [.. history]);
            var before = (model.Recipe, model.Preprocessing);
            var preprocessing = recipe.ImageSize is { } pixels ? original.ForCrop(pixels) : original;
            if (preprocessing != model.Preprocessing)
            {
                best.Forget();
                watch.ForgetBest();
            }
            model.Follow(recipe, preprocessing);
            var phaseRequest = request with
            {
                Options = settings with
                {
                    Checkpoints = options.Checkpoints?.Within($"phase-{number}"),
                    Strategy = SinglePhase,
                    // Or the first epochs of all phases would see the same samples in the same order.
                    Seed = unchecked(options.Seed + number - 1),
                },
            };
            try
            {
                result = SinglePhase.Run(model, phaseRequest, watch, cancellationToken);
            }
            catch (Exception error)
            {
                var phase = error.TrainingHistory();
                if (phase.Count == 0)
                    model.Follow(before.Recipe, before.Preprocessing);
                history.AddRange(phase.Select(watch.Number));
                best.Compare(model, best.Of(history.TakeLast(phase.Count)), isLast: true);
                best.Restore();
                error.KeepHistory(history);
                throw;
            }
            history.AddRange(result.History.Select(watch.Number));
            best.Compare(model, result.Best is { } found ? watch.Number(found) : null, isLast: number == phases.Count);
        }
        while (number < phases.Count && result.StopReason != StopReason.Cancelled);
        best.Restore();
        return result with { History = history, BestEpoch = best.Epoch };
    }

    /// <summary>The best epoch of the phases so far, with its weights where a later phase may change them.</summary>
    private sealed class BestOfPhases(TrainingRequest request) : IDisposable
    {
        private readonly Score _score = request.Score;
        private ModelSnapshot? _kept;
        private double _value = double.NaN;
        private bool _isLive;

        /// <summary>Counted from 1; 0: none.</summary>
        public int Epoch { get; private set; }

        /// <summary>What comes now doesn't compare.</summary>
        public void Forget() => (Epoch, _value, _isLive) = (0, double.NaN, false);

        /// <summary>The best of some epochs; null where there are none.</summary>
        public EpochResult? Of(IEnumerable<EpochResult> epochs) => epochs.Aggregate(default(EpochResult), (best, epoch) =>
            best is null || _score.IsBetter(epoch.Monitored, best.Monitored) ? epoch : best);

        public void Compare(LiveModel model, EpochResult? epoch, bool isLast)
        {
            _isLive = epoch is not null && _score.IsBetter(epoch.Monitored, _value);
            if (!_isLive)
                return;
            (Epoch, _value) = (epoch!.Epoch, epoch.Monitored);
            if (isLast || !request.Options.RestoreBest)
                return;
            if (_kept is null)
                _kept = new ModelSnapshot(model, all: true);
            else
                _kept.Take();
        }

        public void Restore()
        {
            if (!_isLive && Epoch > 0 && request.Options.RestoreBest)
                _kept!.Restore();
        }

        public void Dispose() => _kept?.Dispose();
    }
}
