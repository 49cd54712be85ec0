using System.Diagnostics;
using System.Globalization;

namespace TransferKit.Vision;

/// <summary>What <see cref="AutoTrain"/> does, step by step.</summary>
internal sealed class AutoTraining(
    ImageDataset data, TimeSpan budget, AutoTrainOptions options, IProgress<AutoTrainProgress>? progress)
{
    /// <summary>From here on a class that is large counts too much in the accuracy.</summary>
    private const double Imbalanced = 3;

    /// <summary>The share of the budget that is left for the end: reading the best trial, calibration, the report.</summary>
    private const double EndShare = 0.05;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<AutoTrainDecision> _decisions = [];

    public AutoTrainResult Run(CancellationToken cancellationToken)
    {
        var inspection = Inspect(cancellationToken);
        var kept = LeaveOut(inspection);
        var training = Monitored(kept, options.Tuning.Training);
        var (plan, comparison) = Choose(kept.Data, training, cancellationToken);
        using var folder = new WorkFolder(options.Folder);
        TrainingResult? run = null;
        try
        {
            var tuning = Tune(plan, kept.Data, training, Path.Join(folder.Path, "trials"), cancellationToken);
            Step("reading the best trial");
            run = tuning.TrainBest(cancellationToken: cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            var result = new AutoTrainResult(data, options.Folder)
            {
                Run = run, LeftOut = kept.LeftOut, Inspection = inspection, Comparison = comparison, Tuning = tuning,
                Calibration = Calibrate(run, cancellationToken), Decisions = _decisions,
            };
            if (options.Folder is not null)
                Save(result, options.Folder);
            return result;
        }
        catch
        {
            run?.Dispose();
            throw;
        }
    }

    /// <summary>Every picture is read once; null: that takes too long.</summary>
    private InspectionReport? Inspect(CancellationToken cancellationToken)
    {
        Step($"looking at {data.Count} pictures");
        using var limit = Limited(options.ComparisonShare / 2, cancellationToken);
        try
        {
            return data.Inspect(cancellationToken: limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Decide("pictures as they are", $"reading all {data.Count} takes more than the budget has for it");
            return null;
        }
    }

    /// <summary>The pictures that can be learned from, and the positions of the others.</summary>
    /// <exception cref="ArgumentException">Too few are left.</exception>
    private (ImageDataset Data, IReadOnlyList<int> LeftOut) LeaveOut(InspectionReport? inspection)
    {
        var places = data.Sources.Index().ToLookup(one => one.Item, one => one.Index);
        var names = inspection?.Unreadable.Select(error => error.Path).ToHashSet() ?? [];
        var left = new SortedSet<int>(data.Sources.Index().Where(one => names.Contains(one.Item.Name)).Select(one => one.Index));
        if (left.Count > 0)
            Decide($"left out {Pictures(left.Count)}",
                $"unreadable, such as {inspection!.Unreadable[0].Path} ({inspection.Unreadable[0].Reason})");
        var (again, doubtful) = (new List<int>(), new List<int>());
        foreach (var group in inspection?.Duplicates ?? [])
        {
            int[] same = [.. group.Distinct().SelectMany(source => places[source])];
            if (same.Select(data.Describe).Distinct().Count() == 1)
                again.AddRange(same.Skip(1));
            else
                doubtful.AddRange(same);
        }
        if (again.Count > 0)
            Decide($"left out {Pictures(again.Count)}", "there twice: one could be learned from, and the other measured on");
        if (doubtful.Count > 0)
            Decide($"left out {Pictures(doubtful.Count)}",
                $"the same file with different labels, such as {data.Sources[doubtful[0]].Name}");
        left.UnionWith([.. again, .. doubtful]);
        if (inspection?.NearDuplicates.Count > 0)
            Decide($"kept {inspection.NearDuplicates.Count} groups that look alike",
                "they may be pictures of one scene; where they are one picture, scores are too high: see the inspection");
        var kept = left.Count == 0 ? data : data.Without(left);
        var counts = kept.Targets.Definition.HasOneClass ? kept.Targets.CountOfEach() : null;
        if (counts?.Count(count => count >= 2) < 2)
            throw new ArgumentException(
                "Two pictures each of two classes are the least that can be learned from and measured on; there are "
                + $"{ClassOrder.Show([.. kept.ClassNames.Zip(counts, (name, count) => $"{name} {count}")])}"
                + (left.Count == 0 ? "." : $", without {left.Count} that are unreadable, or there twice."));
        return (kept, [.. left]);
    }

    /// <summary>By which score trials are compared.</summary>
    private TrainingOptions Monitored((ImageDataset Data, IReadOnlyList<int>) kept, TrainingOptions training)
    {
        if (training.Monitor is not null || !kept.Data.Targets.Definition.HasOneClass)
            return training;
        var counts = kept.Data.Targets.CountOfEach().Where(count => count > 0).ToList();
        if (counts.Max() < Imbalanced * counts.Min())
            return training;
        Decide("compared by balanced accuracy", string.Create(CultureInfo.InvariantCulture,
            $"the largest class has {(double)counts.Max() / counts.Min():0.#} times as many pictures as the smallest"));
        return training with { Monitor = Score.BalancedAccuracy };
    }

    /// <summary>The backbone that does best on the pictures, and can be trained in time.</summary>
    private (TransferPlan Plan, BackboneComparison? Comparison) Choose(
        ImageDataset pictures, TrainingOptions training, CancellationToken cancellationToken)
    {
        List<TransferPlan> plans = options.Candidates is { } named ? [.. named]
            : [.. BackboneComparison.Candidates.Where(one => one.IsThere || options.Comparison.Download)
                .Select(one => one.Plan)];
        if (plans.Count == 0)
            throw new InvalidOperationException("There are no weights here to begin from: name Candidates, whose weights are "
                + "downloaded, or reference TransferKit.Weights.ResNet20, which brings small ones.");
        if (plans.Count == 1 || !pictures.Targets.Definition.HasOneClass)
        {
            Decide(plans[0].Model, plans.Count == 1 ? "the only candidate"
                : "the first: linear probes compare backbones where pictures have one class each");
            return (plans[0], null);
        }
        var compared = pictures.Count <= options.ComparedPictures ? pictures
            : pictures.Split((double)options.ComparedPictures / pictures.Count, options.Tuning.Seed).Train;
        var comparison = Compare(plans, compared, cancellationToken);
        if (comparison is null)
        {
            Decide(plans[0].Model, "the first: the budget is too small to compare any");
            return (plans[0], null);
        }
        // Training sees every picture once an epoch; the first trial alone must fit.
        var slowest = (budget - _clock.Elapsed) / ((double)training.Epochs * pictures.Count);
        var best = comparison.Backbones.FirstOrDefault(one => one.Latency <= slowest)
            ?? comparison.Backbones.MinBy(one => one.Latency)!;
        var way = best.FineTuned is null ? "linear probe" : "short training";
        Decide(best.Name, best == comparison.Backbones[0]
            ? string.Create(CultureInfo.InvariantCulture, $"accuracy {best.Score.Share:F4} ({best.Score.Interval}) ")
                + $"with a {way} on {compared.Count} pictures, the best of {comparison.Backbones.Count}"
            : $"{comparison.Backbones[0].Name} is more accurate, and takes too long to train in the time that is left");
        return (best.Plan, comparison);
    }

    /// <summary>Compares as many candidates as there is time for; null: none could be.</summary>
    private BackboneComparison? Compare(
        List<TransferPlan> plans, ImageDataset pictures, CancellationToken cancellationToken)
    {
        var (found, failed) = (new List<ComparedBackbone>(), new List<FailedCandidate>());
        var divided = pictures.Targets.CountOfEach().Where(count => count >= 2).Sum();
        var comparison = options.Comparison with { Folds = Math.Min(options.Comparison.Folds, divided) };
        using var limit = Limited(options.ComparisonShare, cancellationToken);
        foreach (var (place, plan) in plans.Index())
        {
            try
            {
                found.AddRange(Backbone.Compare(pictures, [plan], comparison, Steps(), limit.Token).Backbones);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                Decide($"compared {place} of {plans.Count} backbones", "the others take more time than the budget has for it");
                break;
            }
            // One that can't be had, or can't take such pictures, shouldn't cost what the others brought.
            catch (InvalidOperationException error)
            {
                failed.Add(new FailedCandidate(plan, error));
            }
        }
        if (failed.Count == plans.Count)
            throw new InvalidOperationException($"No candidate can be trained. {string.Join(" ", failed)}");
        return found.Count == 0 ? null : new BackboneComparison
        {
            Backbones = found, LeftOut = [], Failed = failed,
        };
    }

    private TuningResult Tune(
        TransferPlan plan, ImageDataset pictures, TrainingOptions training, string folder, CancellationToken cancellationToken)
    {
        var left = budget * (1 - EndShare) - _clock.Elapsed;
        // Whatever is left, the first trial is made.
        var tuning = plan.Tune(pictures, left > TimeSpan.Zero ? left : TimeSpan.FromTicks(1),
            options.Tuning with { Training = training, Folder = folder }, Steps(), cancellationToken);
        Decide(tuning.Best.Settings, tuning.Trials.Count == 1 ? "there was time for one trial" : tuning.Verdict);
        return tuning;
    }

    private Calibration? Calibrate(TrainingResult run, CancellationToken cancellationToken)
    {
        if (!run.Validation.Targets.Definition.HasClasses)
            return null;
        var calibration = run.Model.Calibrate(run.Validation, cancellationToken: cancellationToken);
        Decide("calibrated", $"{calibration}");
        return calibration;
    }

    private void Save(AutoTrainResult result, string folder)
    {
        Step($"writing {folder}");
        result.Model.Save(Path.Join(folder, AutoTrainResult.ModelFile));
        result.Tuning.SaveCsv(Path.Join(folder, "trials.csv"));
        AtomicFile.Write(Path.Join(folder, "recipe.cs"), result.ToCSharp());
        result.WriteReport(Path.Join(folder, AutoTrainResult.ReportFile));
    }

    private CancellationTokenSource Limited(double share, CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var left = budget * share - _clock.Elapsed;
        // A timer, even of no time, would let something begin.
        if (left > TimeSpan.Zero)
            limit.CancelAfter(left);
        else
            limit.Cancel();
        return limit;
    }

    private static string Pictures(int count) => count == 1 ? "1 picture" : $"{count} pictures";

    private void Step(string what) => progress?.Report(new(new ProbeProgress(what, 0, 0), null));

    private void Decide(string what, string why)
    {
        _decisions.Add(new AutoTrainDecision(what, why));
        progress?.Report(new(new ProbeProgress(what, 0, 0), _decisions[^1]));
    }

    private PassedOn Steps() => new(progress);

    /// <summary>Tells of the steps of a part as of the whole's.</summary>
    private sealed class PassedOn(IProgress<AutoTrainProgress>? progress) : IProgress<ProbeProgress>
    {
        public void Report(ProbeProgress now) => progress?.Report(new(now, null));
    }
}
