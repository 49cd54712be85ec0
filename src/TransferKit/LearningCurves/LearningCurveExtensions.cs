using System.Globalization;
using System.Text.Json.Serialization;
using TorchSharp;

namespace TransferKit;

/// <summary>Estimates learning curves.</summary>
public static class LearningCurveExtensions
{
    /// <summary>
    /// Answers whether more samples would help: linear probes on what the plan's frozen backbone sees learn from growing parts of
    /// the samples, and are measured on samples that they didn't learn from. Each part has all classes in proportion, and is
    /// within the next larger one. Takes seconds, and no more than that where the features are known from before.
    /// </summary>
    /// <param name="data">The samples, one class each.</param>
    /// <param name="plan">The backbone with its weights; its head and what it unfreezes don't matter.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="progress">Told of every step, on the thread that computes, while the caller waits.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">
    /// The options are wrong; or the samples don't have one class each, or are too few.
    /// </exception>
    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    public static LearningCurve EstimateLearningCurve(this Dataset data, TransferPlan plan, LearningCurveOptions? options = null,
        IProgress<ProbeProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        options ??= new LearningCurveOptions();
        options.Require(data);
        using var backbone = new ProbedBackbone(plan, data, options, cancellationToken);
        var features = backbone.Features(options.Folds, progress, cancellationToken);
        var identity = backbone.ProbeIdentity(options.Folds)?.With(RunFact.Of("Fractions",
            string.Join(' ', options.Fractions.Select(share => share.ToString(CultureInfo.InvariantCulture)))));
        var measured = backbone.Results.GetOrCompute("curve", identity, LearningCurveJson.Default.IReadOnlyListMeasuredPart,
            () => Measure(features, data, options, progress, cancellationToken));
        return CurveOf(data, measured);
    }

    private static List<MeasuredPart> Measure(FeatureVectors features, Dataset data, LearningCurveOptions options,
        IProgress<ProbeProgress>? progress, CancellationToken cancellationToken)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var folds = new ProbeFolds(features, data, options);
        var (labels, counts) = (folds.Labels, folds.Labels.CountBy(label => label).ToDictionary());
        var parts = new List<MeasuredPart>();
        foreach (var (place, fraction) in options.Fractions.Index())
        {
            var sizes = new int[options.Folds];
            var result = folds.Classify(
                fold =>
                {
                    int[] train = [.. Part(fold, fraction)];
                    sizes[fold] = train.Length;
                    return train;
                },
                done => progress?.Report(
                    new("learning curve", place * options.Folds + done, options.Fractions.Count * options.Folds)),
                cancellationToken);
            var samples = result.Samples!;
            double[] accuracies = [.. Enumerable.Range(0, folds.Held.Count).GroupBy(row => folds.FoldOf(folds.Held[row]))
                .Select(fold => fold.Average(row => samples.IsCorrect(row) ? 1.0 : 0))];
            var mean = accuracies.Average();
            parts.Add(new MeasuredPart(fraction, (int)Math.Round(sizes.Average()),
                Math.Sqrt(accuracies.Sum(one => (one - mean) * (one - mean)) / (accuracies.Length - 1)),
                [.. result.Classes.Select(one => one.TruePositives)], [.. result.Classes.Select(one => one.Support)]));
        }
        return parts;

        // The first of each class in an order that is the same for all fractions: smaller parts are within larger ones.
        IEnumerable<int> Part(int fold, double fraction)
        {
            foreach (var ofClass in folds.Others(fold).GroupBy(row => labels[row]))
            {
                int[] rows = [.. ofClass];
                new SeededRandom(options.Seed, fold, ofClass.Key).Shuffle<int>(rows);
                foreach (var row in rows.Take(Math.Max((int)Math.Round(fraction * counts[ofClass.Key]), 1)))
                    yield return row;
            }
        }
    }

    private static LearningCurve CurveOf(Dataset data, IReadOnlyList<MeasuredPart> parts)
    {
        var counts = data.Targets.CountOfEach();
        var last = parts[^1];
        return new LearningCurve
        {
            Samples = data.Count,
            Points =
            [
                .. parts.Select(part => new LearningCurvePoint
                {
                    Fraction = part.Fraction, Samples = part.Samples, Deviation = part.Deviation,
                    Correct = (int)part.Correct.Sum(), Measured = (int)part.Measured.Sum(),
                }),
            ],
            Classes =
            [
                .. Enumerable.Range(0, data.ClassNames.Count).Where(label => last.Measured[label] > 0)
                    .Select(label => new ClassGain
                    {
                        Name = data.ClassNames[label], Samples = counts[label], Gain = GainOf(label),
                        Recall = (double)last.Correct[label] / last.Measured[label],
                        RecallInterval = ConfidenceInterval.Wilson(last.Correct[label], last.Measured[label]),
                    })
                    .OrderByDescending(one => one.Gain),
            ],
        };

        double GainOf(int label)
        {
            var law = PowerLaw.Fit([.. parts.Select(part => (Math.Max(part.Fraction * counts[label], 1),
                1 - (double)part.Correct[label] / part.Measured[label], (double)part.Measured[label]))]);
            return law.At(counts[label]) - law.At(2.0 * counts[label]);
        }
    }
}

/// <summary>What was measured after learning from a part of the samples, as it is kept on disk.</summary>
/// <param name="Fraction">The share of all samples.</param>
/// <param name="Samples">Their number, the mean over the folds.</param>
/// <param name="Deviation">The standard deviation of the accuracy over the folds.</param>
/// <param name="Correct">Of each class, samples that were recognized.</param>
/// <param name="Measured">Of each class, samples that were classified.</param>
internal sealed record MeasuredPart(
    double Fraction, int Samples, double Deviation, IReadOnlyList<long> Correct, IReadOnlyList<long> Measured);

/// <summary>The JSON form of what is kept of a learning curve.</summary>
[JsonSerializable(typeof(IReadOnlyList<MeasuredPart>))]
internal sealed partial class LearningCurveJson : JsonSerializerContext;
