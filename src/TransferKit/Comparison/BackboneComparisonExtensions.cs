using System.Diagnostics;
using System.Text.Json.Serialization;
using TorchSharp;

namespace TransferKit;

/// <summary>Compares backbones.</summary>
public static class BackboneComparisonExtensions
{
    private const int WarmUpRuns = 2, TimedRuns = 9;

    extension(Backbone)
    {
        /// <summary>
        /// Compares backbones on labeled samples, without training them: each sees every sample once, compiled, and a linear
        /// probe on what it saw is cross-validated, which orders backbones that are far apart as fine-tuning them does (Kornblith
        /// et al., 2019), and others roughly: <see cref="ComparisonOptions.FineTuning"/> orders by training. Features and results
        /// are kept on disk, so that a call which was cancelled, or has further candidates, goes on from there.
        /// </summary>
        /// <param name="data">The samples, one class each.</param>
        /// <param name="models">
        /// The candidates; weights that aren't here are downloaded. Null: the usual dozen, <see
        /// cref="BackboneComparison.Candidates"/>, of which those are compared whose weights are here.
        /// </param>
        /// <param name="options">How; null: the defaults.</param>
        /// <param name="progress">
        /// Told what has to be downloaded, then of every step, on the thread that computes, while the caller waits.
        /// </param>
        /// <param name="cancellationToken">
        /// Ends it with <see cref="OperationCanceledException"/>; what is known by then is kept.
        /// </param>
        /// <exception cref="ArgumentException">
        /// The options are wrong; the samples don't have one class each, or are too few; or there are no candidates.
        /// </exception>
        /// <exception cref="InvalidOperationException">No candidate could be compared; the message has all reasons.</exception>
        /// <exception cref="DistributedException">
        /// Another process has ended, or does something else; a candidate that fails at one of them is left out by all.
        /// </exception>
        public static BackboneComparison Compare(Dataset data, IReadOnlyList<TransferPlan>? models = null,
            ComparisonOptions? options = null, IProgress<ProbeProgress>? progress = null,
            CancellationToken cancellationToken = default)
        {
            options ??= new ComparisonOptions();
            options.Require(data);
            var group = options.Distributed;
            if (group.Rank > 0)
                progress = null;
            if (models is { Count: 0 } || models?.Contains(null!) == true)
                throw new ArgumentException("There is nothing to compare: name plans, or leave them out.", nameof(models));
            IReadOnlyList<ComparisonCandidate> candidates = models is null
                ? BackboneComparison.Candidates : [.. models.Select(ComparisonCandidate.Of)];
            List<ComparisonCandidate> left = [.. candidates.Where(one => !one.IsThere && models is null && !options.Download)];
            List<ComparisonCandidate> asked = [.. candidates.Except(left)];
            foreach (var missing in asked.Where(one => !one.IsThere))
                progress?.Report(new($"{missing}", 0, 0));
            var (compared, failed) = (new List<ComparedBackbone>(), new List<FailedCandidate>());
            foreach (var candidate in asked)
            {
                try
                {
                    compared.Add(group.Together(() => Measure(candidate, data, options, progress, cancellationToken)));
                }
                // One that can't be had, or can't take such images, shouldn't cost what the others brought.
                catch (Exception error) when (ProcessGroup.IsOfWork(error))
                {
                    if (!group.TryGoOn())
                        throw;
                    failed.Add(new FailedCandidate(candidate.Plan, error));
                }
            }
            return compared.Count > 0
                ? new BackboneComparison
                {
                    Backbones = compared, LeftOut = left, Failed = failed,
                }
                : throw new InvalidOperationException(
                    $"No backbone could be compared. {string.Join(" ", failed)}" + (left.Count == 0 ? "" : " The weights of "
                    + $"{string.Join(", ", left.Select(one => one.Name))} aren't here: set Download, or name plans."));
        }
    }

    private static ComparedBackbone Measure(ComparisonCandidate candidate, Dataset data, ComparisonOptions options,
        IProgress<ProbeProgress>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var plan = candidate.Plan.WithHeadFor(data);
        using var backbone = new ProbedBackbone(plan, data, options, cancellationToken);
        var (model, name) = (backbone.Model, candidate.Name);
        var features = backbone.Features(options.Folds, progress, cancellationToken);
        var probe = backbone.Results.GetOrCompute(
            "probe", backbone.ProbeIdentity(options.Folds), ComparisonJson.Default.CorrectCount,
            () => CorrectCount.Of(LinearProbe.CrossValidate(features, data, options, distrusted: null,
                fold => progress?.Report(new($"{name}: linear probe", fold, options.Folds)), cancellationToken)));
        var latency = backbone.Results.GetOrCompute(
            "latency", LatencyIdentity(model), ComparisonJson.Default.MeasuredLatency, () =>
            {
                progress?.Report(new($"{name}: time", 0, 0));
                // The time of the first rank is that of all; the others leave the processor to it.
                return options.Distributed.Rank > 0 ? new MeasuredLatency(0) : LatencyOf(model.Live, cancellationToken);
            });
        var tuned = options.FineTuning is not { } how ? null : backbone.Results.GetOrCompute(
            "fine-tuning", FineTuningIdentity(backbone, plan, options.Folds, how), ComparisonJson.Default.CorrectCount,
            () => FineTune(
                plan, name, data, how with { Distributed = options.Distributed }, progress, cancellationToken));
        return new ComparedBackbone(probe)
        {
            Plan = plan, Name = name, FineTuned = tuned,
            Latency = TimeSpan.FromMilliseconds(latency.Milliseconds),
            Parameters = model.CountParameters().Total,
            Bytes = model.Network.NamedWeights().Sum(found => TensorBytes.Count(found.Weight.Value)),
            MemoryBytes = MemoryOf(model.Live), ImageSize = model.Preprocessing.CropSize, Features = features.Features,
        };
    }

    private static CorrectCount FineTune(TransferPlan plan, string name, Dataset data, TrainingOptions how,
        IProgress<ProbeProgress>? progress, CancellationToken cancellationToken)
    {
        using var run = plan.Train(data, how, new TrainingSteps(name, progress), cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return CorrectCount.Of(run.Model.Evaluation!);
    }

    private static MeasuredLatency LatencyOf(LiveModel model, CancellationToken cancellationToken)
    {
        using var mode = model.Network.InMode(training: false);
        using var layers = new CompiledLayers(model, model.Network.Steps.Count);
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var pixels = model.Preprocessing.CropSize;
        var image = model.PrepareInput(torch.zeros(1, model.Network.Channels, pixels, pixels)).to_type(model.ComputeType);
        var times = new List<double>();
        for (var run = 0; run < WarmUpRuns + TimedRuns; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = Stopwatch.GetTimestamp();
            using (torch.NewDisposeScope())
                layers.Run(image.alias()).cpu();
            if (run >= WarmUpRuns)
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        times.Sort();
        return new MeasuredLatency(times[times.Count / 2]);
    }

    private static long MemoryOf(LiveModel model)
    {
        var most = 0L;
        model.Network.OutputShape(model.Network.InputShape(model.Preprocessing.CropSize), (layer, input, output, _) =>
            most = layer.Children.Count > 0 ? most : Math.Max(most, input.Count + output.Count));
        return model.ComputeType.ElementSize() * (most + model.Network.NamedWeights().Sum(found => found.Weight.Count));
    }

    /// <summary>What the time depends on, whatever the weights and the samples are.</summary>
    private static ResultIdentity LatencyIdentity(TransferModel model) => new(
    [
        RunFact.Of("Network", model.Summary()),
        RunFact.Of("Computes in", $"{model.Live.ComputeType}, {model.Live.Device}, {TorchRuntime.Threads} threads"),
        RunFact.Of("Machine", $"{Environment.MachineName}, {Environment.ProcessorCount} processors"),
    ]);

    private static ResultIdentity? FineTuningIdentity(
        ProbedBackbone backbone, TransferPlan plan, int folds, TrainingOptions how) =>
        backbone.ProbeIdentity(folds)?.With(
        [
            .. how.Facts(), RunFact.Of("Epochs", $"{how.Epochs}"), RunFact.Of("Strategy", $"{how.Strategy}"),
            RunFact.Of("Validation fraction", FormattableString.Invariant($"{how.ValidationFraction:R}")),
            RunFact.Of("Plan", $"{plan}"),
        ]);

    /// <summary>Tells of a training as of the other steps.</summary>
    private sealed class TrainingSteps(string name, IProgress<ProbeProgress>? progress) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress now)
        {
            if (now.Finished is not null)
                progress?.Report(new($"{name}: fine-tuning", now.Epoch, now.Epochs));
        }
    }
}

/// <summary>A time, as it is kept on disk.</summary>
internal sealed record MeasuredLatency(double Milliseconds);

/// <summary>The JSON form of what is kept of a comparison.</summary>
[JsonSerializable(typeof(CorrectCount))]
[JsonSerializable(typeof(MeasuredLatency))]
internal sealed partial class ComparisonJson : JsonSerializerContext;
