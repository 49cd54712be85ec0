using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <inheritdoc cref="TrainingStrategy.LinearProbeGrid"/>
internal sealed record LinearProbeGridStrategy(IReadOnlyList<double> LearningRates) : FrozenFeaturesStrategy
{
    /// <summary>Those of the paper's linear evaluation.</summary>
    public static IReadOnlyList<double> PaperRates { get; } =
        [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];

    private protected override LinearFit Fit(LinearProblem problem, CancellationToken cancellationToken)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var heads = Train(problem, cancellationToken);
        var score = problem.Request.Score;
        var (best, chosen, number) = (double.NaN, (LinearHeads?)null, 0);
        foreach (var candidate in heads)
            for (var i = 0; i < LearningRates.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (candidate.TryPut(i, problem.Layer) && problem.Measure() is var value && score.IsBetter(value, best))
                    (best, chosen, number) = (value, candidate, i);
            }
        if (chosen is null)
            throw new InvalidOperationException(FormattableString.Invariant(
                $"None of the {heads.Count * LearningRates.Count} linear heads ended with weights that are numbers: give ")
                + FormattableString.Invariant($"LinearProbeGrid rates below {LearningRates.Min()}, or look for broken images."));
        chosen.TryPut(number, problem.Layer);
        return new LinearFit(
            new Dictionary<string, string>
            {
                ["Best head"] = FormattableString.Invariant($"rate {LearningRates[number]}, on {chosen.Seen}"),
            },
            [LearningRates[number]]);
    }

    /// <summary>Trains all heads on the same batches.</summary>
    private List<LinearHeads> Train(LinearProblem problem, CancellationToken cancellationToken)
    {
        var (options, device) = (problem.Request.Options, problem.Layer.Matrix.Value.device);
        var features = problem.Features.to(device);
        var targets = problem.Targets.to(device).to_type(ScalarType.Float32);
        List<LinearHeads> heads;
        using (RandomSource.Seeded(options.Seed))
            heads =
            [
                .. Parts(problem.Head, features.shape[1]).Select(part =>
                    new LinearHeads(part.Seen, part.First, part.Count, targets.shape[1], LearningRates, device)),
            ];
        var order = Enumerable.Range(0, (int)features.shape[0]).Select(row => (long)row).ToArray();
        var (step, steps) = (0, options.Epochs * ((order.Length + options.BatchSize - 1) / options.BatchSize));
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            new SeededRandom(options.Seed, epoch).Shuffle(order.AsSpan());
            foreach (var rows in order.Chunk(options.BatchSize))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var batch = tensor(rows, device: device);
                var (inputs, wanted) = (features.index_select(0, batch), targets.index_select(0, batch));
                var factor = (1 + Math.Cos(Math.PI * step++ / steps)) / 2;
                foreach (var some in heads)
                    some.Step(inputs, wanted, problem.Request.Task, factor);
            }
        }

        return heads;
    }

    /// <summary>What of the features heads see: all, or with class tokens and patches what the paper tries.</summary>
    private static IEnumerable<(string Seen, long First, long Count)> Parts(Head? head, long features)
    {
        if (head is not ClassAndPatchesHead { Blocks: var blocks })
        {
            yield return ("the features", 0, features);
            yield break;
        }

        var width = features / (blocks + 1);
        foreach (var tokens in new[] { 1, blocks }.Distinct())
            foreach (var patches in new[] { 0, 1 })
                yield return ((tokens == 1 ? "the class token" : $"the class tokens of {tokens} blocks")
                    + (patches == 1 ? " and the patches' average" : ""), (blocks - tokens) * width, (tokens + patches) * width);
    }

    private protected override Dictionary<string, string> Settings(
        LearningTask task, Score score, TrainingOptions options) => new()
        {
            [nameof(TrainingOptions.Epochs)] = $"{options.Epochs}",
            ["Solver"] = "SGD, momentum 0.9, rates that fall to 0 by a half cosine",
            ["Rates"] = Listed,
            ["Features"] = "computed once",
            [nameof(TrainingOptions.Augment)] = "no",
            [nameof(TrainingOptions.BatchSize)] = $"{options.BatchSize}",
            [nameof(TrainingOptions.Monitor)] = $"{score}",
            [nameof(TrainingOptions.Seed)] = $"{options.Seed}",
        };

    private string Listed => string.Join(", ", LearningRates.Select(rate => FormattableString.Invariant($"{rate}")));

    /// <inheritdoc/>
    public override string ToString() => $"linear probes, rates {Listed}";

    internal override IEnumerable<string> ValidationErrors(TrainingOptions options) => LearningRates
        .Where(rate => !(rate > 0) || !double.IsFinite(rate))
        .Select(rate => FormattableString.Invariant($"A rate of the linear probes is {rate}, but must be a number above 0."));

    internal override void RequireFitting(Dataset train, TrainingOptions options)
    {
        if (!train.Targets.Definition.HasClasses)
            throw new ArgumentException("LinearProbeGrid is for classes, as steps of given rates suit no targets of any unit: "
                + "for a regression take LinearProbe.", nameof(options));
    }
}
