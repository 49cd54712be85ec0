namespace TransferKit;

/// <summary>Finds labels that are wrong.</summary>
public static class LabelErrorExtensions
{
    /// <summary>Nearer than this share of the median distance to the nearest sample, two samples count as the same.</summary>
    private const double SameShare = 0.13;

    private const double RobustDeviation = 1.4826, OddDeviations = 3;

    /// <summary>
    /// Finds labels that are wrong, by confident learning (Northcutt et al., 2021): every sample is classified by a model that
    /// hasn't learned from it; how many of each class are wrong is estimated from that, and so many are doubtful: those whose
    /// class is the least probable, and another the most (the paper's C+NR). Then once more, by models that have learned from
    /// none of the doubtful ones, which know better. Beside them, samples that are like no others, and pairs that look the
    /// same and have different labels.
    /// </summary>
    /// <param name="data">The samples, one class each.</param>
    /// <param name="plan">
    /// The backbone with its weights. Where only its head trains, linear probes on the features decide, which takes seconds; else
    /// the plan is trained for every fold, twice.
    /// </param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="progress">Told of every step, on the thread that computes, while the caller waits.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">
    /// The options are wrong; or the samples don't have one class each, or are too few.
    /// </exception>
    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    public static LabelErrorReport FindLabelErrors(this Dataset data, TransferPlan plan, LabelErrorOptions? options = null,
        IProgress<ProbeProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        options ??= new LabelErrorOptions();
        options.Require(data);
        plan = plan.WithHeadFor(data);
        FeatureVectors features;
        bool isFrozen;
        using (var backbone = new ProbedBackbone(plan, data, options, cancellationToken))
        {
            features = backbone.Features(options.Folds, progress, cancellationToken);
            isFrozen = IsFrozen(backbone.Model.Network, plan.BatchNorm);
        }
        var first = Classify(null);
        var doubted = Doubts(first).Errors.Select(sample => first.Samples!.Indices[sample]).ToHashSet();
        // What wrong labels taught the first models speaks for these labels.
        var second = LeavesEnough(data, doubted) ? Classify(doubted) : first;
        var doubts = Doubts(second);
        var samples = second.Samples!;
        var distances = new NeighborDistances(features, options.Neighbors, cancellationToken);
        return new LabelErrorReport
        {
            Data = data, Evaluation = first, JointShares = doubts.Joint, Errors = [.. doubts.Errors.Select(Describe)],
            Outliers = OutliersOf(data, features, distances), Conflicts = ConflictsOf(data, features, distances),
        };

        EvaluationResult Classify(HashSet<int>? distrusted) => isFrozen
            ? LinearProbe.CrossValidate(features, data, options, distrusted,
                fold => progress?.Report(new("linear probe", fold, options.Folds)), cancellationToken)
            : FoldTraining.Run(plan, data, options, distrusted, progress, cancellationToken);

        LabelError Describe(int sample)
        {
            var (index, label, likely) = (samples.Indices[sample], samples.Labels[sample], doubts.Predicted(sample));
            return new LabelError
            {
                Index = index, Name = data.NameOf(index), Margin = doubts.Margin(sample),
                Label = data.ClassNames[label], LabelProbability = samples.Probability(sample, label),
                Suggested = data.ClassNames[likely], SuggestedProbability = samples.Probability(sample, likely),
            };
        }
    }

    private static ConfidentLearning Doubts(EvaluationResult result)
    {
        var samples = result.Samples!;
        double[][] probabilities = [.. Enumerable.Range(0, samples.Count).Select(sample => (double[])
            [.. Enumerable.Range(0, samples.ClassNames.Count).Select(label => samples.Probability(sample, label))])];
        return new ConfidentLearning(probabilities, samples.Labels, samples.ClassNames.Count);
    }

    /// <summary>Whether half of every class is beyond doubt, and can be learned from.</summary>
    private static bool LeavesEnough(Dataset data, HashSet<int> doubted)
    {
        var counts = data.Targets.CountOfEach();
        return doubted.CountBy(index => data.Labels[index]).All(ofClass => 2 * ofClass.Value <= counts[ofClass.Key]);
    }

    /// <summary>Whether only the head trains, so that the features are the same in every fold.</summary>
    private static bool IsFrozen(Network network, BatchNormMode batchNorm)
    {
        using var prefix = FrozenPrefix.Of(network, batchNorm);
        return prefix.IsWorthKeeping && !network.Steps.Take(network.HeadStep).SelectMany(step => step.NamedWeights())
            .Any(found => found.Weight.IsTrainable);
    }

    private static List<Outlier> OutliersOf(Dataset data, FeatureVectors features, NeighborDistances distances)
    {
        double[] means = [.. Enumerable.Range(0, features.Count).Select(distances.Mean)];
        var median = Median(means);
        var limit = median + OddDeviations * RobustDeviation * Median(means.Select(mean => Math.Abs(mean - median)));
        return
        [
            .. Enumerable.Range(0, means.Length).Where(row => means[row] > limit).OrderByDescending(row => means[row])
                .Select(row => (Index: features.Indices[row], Distance: means[row]))
                .Select(odd => new Outlier(odd.Index, data.NameOf(odd.Index), LabelOf(data, odd.Index), odd.Distance)),
        ];
    }

    private static List<ConflictingPair> ConflictsOf(Dataset data, FeatureVectors features, NeighborDistances distances)
    {
        var limit = SameShare * Median(
            Enumerable.Range(0, features.Count).Select(row => (double)distances.Of(row).First().Distance));
        return
        [
            .. from row in Enumerable.Range(0, features.Count)
               from near in distances.Of(row)
               let pair = (First: features.Indices[Math.Min(row, near.Row)], Second: features.Indices[Math.Max(row, near.Row)])
               where near.Distance <= limit && data.Labels[pair.First] != data.Labels[pair.Second]
               group near.Distance by pair into same
               orderby same.Min()
               let first = same.Key.First
               let second = same.Key.Second
               select new ConflictingPair
               {
                   First = first, FirstName = data.NameOf(first), FirstLabel = LabelOf(data, first),
                   Second = second, SecondName = data.NameOf(second), SecondLabel = LabelOf(data, second),
                   Distance = same.Min(),
               },
        ];
    }

    private static string LabelOf(Dataset data, int index) => data.ClassNames[data.Labels[index]];

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
