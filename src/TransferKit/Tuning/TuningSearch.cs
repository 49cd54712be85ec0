using System.Diagnostics;
using System.Text.Json;

namespace TransferKit;

/// <summary>A search for settings, from its first trial to the result.</summary>
internal sealed class TuningSearch : IDisposable
{
    /// <summary>The share of the time in which trials may begin; in the rest the best ones are finished.</summary>
    private const double BeginningShare = 2.0 / 3;

    private readonly TrainingRequest _request;
    private readonly TuningOptions _options;
    private readonly string _folder;
    private readonly TimeSpan? _budget;
    private readonly IProgress<ProbeProgress>? _progress;
    private readonly TuningSpace _space;
    private readonly SuccessiveHalving _halving;
    private readonly SharedFeatures _features = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ResultIdentity _samples;

    /// <param name="plan">The first trial, with a head.</param>
    /// <param name="request">How it is trained, and on what.</param>
    /// <param name="options">How to search.</param>
    /// <param name="folder">Where trials are kept.</param>
    /// <param name="budget">How long to search.</param>
    /// <param name="progress">Told of every epoch.</param>
    public TuningSearch(TransferPlan plan, TrainingRequest request, TuningOptions options, string folder, TimeSpan budget,
        IProgress<ProbeProgress>? progress)
    {
        (_request, _options, _folder, _progress) = (request, options, folder, progress);
        _budget = budget == Timeout.InfiniteTimeSpan ? null : budget;
        _space = new TuningSpace(plan, request.Options, request.Train, options.Seed);
        _halving = new SuccessiveHalving(request.Options.Epochs, TrialMeasure.Order(request.Score));
        _samples = new ResultIdentity(
            [.. Facts("Training", request.Train, augment: true), .. Facts("Validation", request.Validation, augment: false)]);
    }

    private TimeSpan Left => _budget is not { } budget ? TimeSpan.MaxValue
        : _clock.Elapsed < budget ? budget - _clock.Elapsed : TimeSpan.Zero;

    private bool MayBegin => !(_halving.Begun >= _options.Trials) && !(_clock.Elapsed > BeginningShare * _budget);

    public TuningResult Run(CancellationToken cancellationToken)
    {
        while (_halving.Next(MayBegin) is var (number, epochs) && (number == 1 || Left > TimeSpan.Zero))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                _halving.Report(number, epochs, Measure(number, epochs, cancellationToken));
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The time is over.
                break;
            }
        }
        List<TuningTrial> trials = [.. Enumerable.Range(1, _halving.Begun).Select(TrialOf)];
        var order = TrialMeasure.Order(_request.Score);
        return new TuningResult(_request)
        {
            Trials = trials,
            Best = trials.Where(trial => trial.IsFinished).OrderBy(trial => trial.Measure, order).First(),
        };
    }

    public void Dispose() => _features.Dispose();

    /// <summary>How a trial does by a number of epochs: known from before, or trained on from where it was left.</summary>
    private TrialMeasure Measure(int number, int epochs, CancellationToken cancellationToken)
    {
        var recipe = _space[number];
        var identity = IdentityOf(recipe);
        return new ResultFolder(FolderOf(identity), ProcessGroup.Alone).GetOrCompute($"measured-{epochs}", identity,
            TrialMeasureJson.Default.TrialMeasure, () => Train(number, epochs, recipe, cancellationToken));
    }

    private TrialMeasure Train(int number, int epochs, TrialRecipe recipe, CancellationToken cancellationToken)
    {
        var start = _clock.Elapsed;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (number > 1 && _budget is not null)
            limit.CancelAfter(Left);
        try
        {
            var isWhole = epochs == _halving.Rungs[^1];
            using var run = recipe.Plan.TrainOn(RequestOf(recipe) with
            {
                PauseAfter = isWhole ? null : epochs,
                Features = _features,
            }, new TrialEpochs($"trial {number}: {recipe.Words}", _progress), limit.Token);
            if (run.StopReason == StopReason.Cancelled)
                throw new OperationCanceledException(limit.Token);
            // A run that was killed between two epochs may have made more than are asked for now.
            var best = isWhole ? run.Best : run.History.Take(epochs).Aggregate(default(EpochResult), (best, epoch) =>
                best is null || _request.Score.IsBetter(epoch.Monitored, best.Monitored) ? epoch : best);
            return best is null
                ? Failed($"No epoch has a {_request.Score}.") : TrialMeasure.Of(run, best, (_clock.Elapsed - start).TotalSeconds);
        }
        // Settings that don't work are an answer too; the first trial's are the caller's.
        catch (Exception error) when (number > 1 && error is not CheckpointException
            && error is TransferKitException or ArgumentException or InvalidOperationException)
        {
            return Failed(error.Message);
        }

        TrialMeasure Failed(string why) =>
            new() { Score = double.NaN, Error = why, Seconds = (_clock.Elapsed - start).TotalSeconds };
    }

    private TuningTrial TrialOf(int number)
    {
        var recipe = _space[number];
        var (measure, isFinished) = _halving[number];
        return new TuningTrial(measure)
        {
            Number = number, Plan = recipe.Plan, Options = recipe.Options, Settings = recipe.Words, IsFinished = isFinished,
            Checkpoints = _options.Folder is null ? null : CheckpointsOf(recipe),
        };
    }

    /// <summary>A trial's run, which goes on from where it was left.</summary>
    private TrainingRequest RequestOf(TrialRecipe recipe) =>
        _request with { Options = recipe.Options with { Checkpoints = CheckpointsOf(recipe) } };

    private CheckpointOptions CheckpointsOf(TrialRecipe recipe) =>
        new(FolderOf(IdentityOf(recipe))) { KeepLast = 1, KeepBest = 0 };

    private string FolderOf(ResultIdentity identity) => Path.Join(_folder, identity.Digits);

    /// <summary>All that a trial's numbers depend on, so that trials of several searches can share a folder.</summary>
    private ResultIdentity IdentityOf(TrialRecipe recipe) => _samples.With(
    [
        .. recipe.Options.Facts(), RunFact.Of("Epochs", $"{recipe.Options.Epochs}"),
        RunFact.Of("Strategy", $"{recipe.Options.Strategy}"), RunFact.Of("Plan", $"{recipe.Plan}"),
        RunFact.Of("Images", $"{recipe.Plan.ImageSize} px, {recipe.Plan.InputChannels} channels"),
    ]);

    private static IEnumerable<RunFact> Facts(string part, Dataset data, bool augment)
    {
        var pictures = data.Fingerprint(Preprocessing.ImageNet, augment);
        return
        [
            RunFact.Of($"{part} targets", $"{data.Count}, {data.Targets.Outputs}, {data.Targets.Checksum:x8}"),
            RunFact.Of($"{part} classes", string.Join('\n', data.ClassNames)),
            // Samples that can't be told from others are like none of an earlier search.
            RunFact.Of($"{part} pictures", pictures.ValueKind == JsonValueKind.Null ? $"{Guid.NewGuid()}" : $"{pictures}"),
        ];
    }

    /// <summary>Tells of a trial's epochs as of steps.</summary>
    private sealed class TrialEpochs(string trial, IProgress<ProbeProgress>? progress) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress now)
        {
            if (now.Finished is not null)
                progress?.Report(new(trial, now.Epoch, now.Epochs));
        }
    }
}
