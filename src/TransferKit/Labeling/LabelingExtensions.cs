using TorchSharp;

namespace TransferKit;

/// <summary>Chooses samples that are worth labeling by those that are labeled already.</summary>
public static class LabelingExtensions
{
    /// <summary>
    /// Chooses from a pool without labels those that are worth labeling (active learning; Settles, 2009): a linear probe on what
    /// the plan's frozen backbone sees learns from the labeled samples, and says what it thinks of the pool. Label them, add
    /// them, and ask again.
    /// </summary>
    /// <param name="data">What is labeled so far: two samples each of two classes at least, one class a sample.</param>
    /// <param name="pool">The samples without labels; what labels they have doesn't count.</param>
    /// <param name="count">How many to choose, at least 1; all, where the pool has fewer.</param>
    /// <param name="plan">The backbone with its weights; its head and what it unfreezes don't matter.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="progress">Told of every step, on the thread that computes, while the caller waits.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">
    /// The options are wrong; or the labeled samples don't have one class each, or are too few.
    /// </exception>
    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    public static LabelingSelection SelectForLabeling(this Dataset data, Dataset pool, int count, TransferPlan plan,
        LabelingOptions? options = null, IProgress<ProbeProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentNullException.ThrowIfNull(plan);
        options ??= new LabelingOptions();
        options.Validate();
        LinearProbe.RequireClasses(data);
        FeatureVectors known, asked;
        using (var backbone = new ProbedBackbone(plan, data, options, cancellationToken))
            known = backbone.Features(least: 4, progress, cancellationToken);
        using (var backbone = new ProbedBackbone(plan, pool, options, cancellationToken))
            asked = backbone.Features(least: 1, progress, cancellationToken);
        progress?.Report(new("linear probe", 0, 0));
        int[] labels = [.. known.Indices.Select(index => data.Labels[index])];
        var found = Probe(known, labels, asked, data.ClassNames.Count, options.Seed, cancellationToken);
        return Describe(found, pool, data.ClassNames, count, options, cancellationToken);
    }

    /// <summary>What a linear probe that learned from some features says of others.</summary>
    internal static LabelingPool Probe(FeatureVectors known, int[] labels, FeatureVectors asked, int classes, int seed,
        CancellationToken cancellationToken)
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var logits = LinearProbe.Logits(torch.cat([known.ToTensor(), asked.ToTensor()]), labels,
            [.. Enumerable.Range(0, known.Count)], [.. Enumerable.Range(known.Count, asked.Count)], classes, seed,
            cancellationToken);
        return new LabelingPool(asked, Probabilities(logits), known);
    }

    /// <summary>The probabilities of each sample's classes, by their logits <c>[N, classes]</c>.</summary>
    internal static double[][] Probabilities(torch.Tensor logits)
    {
        using var scope = torch.NewDisposeScope();
        var flat = logits.to_type(torch.ScalarType.Float64).softmax(1).cpu().contiguous().data<double>().ToArray();
        return [.. flat.Chunk((int)logits.shape[1])];
    }

    /// <summary>Chooses, and says what is known of those that are chosen.</summary>
    internal static LabelingSelection Describe(LabelingPool found, Dataset pool, IReadOnlyList<string> classNames, int count,
        LabelingOptions options, CancellationToken cancellationToken) => new()
        {
            Pool = pool,
            Strategy = options.Strategy,
            Samples =
            [
                .. from row in found.Select(options.Strategy, count, options.Seed, cancellationToken)
                   let index = found.Features.Indices[row]
                   let probability = found.Probabilities[row].Max()
                   select new SampleToLabel
                   {
                       Index = index, Name = pool.NameOf(index), Probability = probability, Margin = found.Margin(row),
                       Entropy = found.Entropy(row),
                       Suggested = classNames[Array.IndexOf(found.Probabilities[row], probability)],
                   },
            ],
        };
}
