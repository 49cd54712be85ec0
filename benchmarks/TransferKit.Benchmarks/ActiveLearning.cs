using System.Globalization;
using TorchSharp;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// How much better than a random choice it is to label what a strategy chooses: labels that are known are asked for one round
/// after the other, as people would be, and linear probes that learn from these alone are measured on held-out pictures.
/// </summary>
internal sealed class ActiveLearning
{
    private const double HeldOut = 0.3;

    private static readonly LabelingStrategy[] Strategies =
        [LabelingStrategy.Random, LabelingStrategy.Margin, LabelingStrategy.Entropy, LabelingStrategy.Coreset, LabelingStrategy.Badge];

    private readonly torch.Tensor _values;
    private readonly FeatureVectors _features;
    private readonly int[] _labels;
    private readonly int _classes;

    private ActiveLearning(FeatureVectors features, Dataset data)
    {
        (_features, _classes, _values) = (features, data.ClassNames.Count, features.ToTensor());
        _labels = [.. features.Indices.Select(index => data.Labels[index])];
    }

    /// <param name="folder">A folder of pictures whose labels are taken for right.</param>
    /// <param name="plan">The backbone.</param>
    /// <param name="start">Pictures of each class that are labeled at first, and, in the mean, in each round.</param>
    /// <param name="rounds">How often labels are asked for.</param>
    /// <param name="seeds">How often the whole is done, with other pictures held out and labeled at first.</param>
    public static void Run(string folder, TransferPlan plan, int start, int rounds, int seeds)
    {
        var data = ImageFolder.Open(folder);
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var model = plan.Build();
        var trial = new ActiveLearning(model.ExtractFeatures(data), data);
        var accuracies = Strategies.ToDictionary(strategy => strategy, strategy =>
            Enumerable.Range(0, seeds).Select(seed => trial.Learn(strategy, start, rounds, seed)).ToArray());

        Console.WriteLine($"| labeled | {string.Join(" | ", Strategies)} |");
        Console.WriteLine($"|---|{string.Concat(Strategies.Select(_ => "---|"))}");
        var count = start * data.ClassNames.Count;
        for (var round = 0; round <= rounds; round++)
            Console.WriteLine($"| {count * (round + 1)} | " + string.Join(" | ", Strategies.Select(strategy =>
                Points(accuracies[strategy].Average(one => one[round])))) + " |");
        foreach (var strategy in Strategies.Skip(1))
        {
            // Of the same seeds, over all rounds in which something was chosen.
            double[] gains = [.. accuracies[strategy].Zip(accuracies[LabelingStrategy.Random], (chosen, random) =>
                chosen.Skip(1).Zip(random.Skip(1), (one, other) => one - other).Average())];
            var mean = gains.Average();
            var error = Math.Sqrt(gains.Sum(gain => (gain - mean) * (gain - mean)) / (seeds - 1) / seeds);
            Answers.Print($"{strategy}: {100 * mean:+0.0;-0.0} points over random choice, standard error {100 * error:0.0}");
        }

        static string Points(double accuracy) => (100 * accuracy).ToString("F1", CultureInfo.InvariantCulture);
    }

    /// <summary>The accuracy on held-out pictures before the first round and after each.</summary>
    private double[] Learn(LabelingStrategy strategy, int start, int rounds, int seed)
    {
        using var scope = torch.NewDisposeScope();
        var (pool, held) = StratifiedSplit.Of(_labels, _classes, 1 - HeldOut, seed, keepSingle: true);
        int[] order = [.. pool];
        new SeededRandom(seed, 1).Shuffle<int>(order);
        List<int> labeled = [.. order.GroupBy(row => _labels[row]).SelectMany(ofClass => ofClass.Take(start))];
        var accuracies = new double[rounds + 1];
        for (var round = 0; ; round++)
        {
            int[] rest = [.. pool.Except(labeled)];
            using var inner = torch.NewDisposeScope();
            var logits = LinearProbe.Logits(_values, _labels, labeled, [.. held, .. rest], _classes, seed, CancellationToken.None);
            var answers = logits.narrow(0, 0, held.Length).argmax(1).data<long>().ToArray();
            accuracies[round] = answers.Zip(held, (answer, row) => answer == _labels[row] ? 1.0 : 0).Average();
            if (round == rounds || rest.Length == 0)
                return accuracies;
            var asked = new LabelingPool(Rows(rest),
                LabelingExtensions.Probabilities(logits.narrow(0, held.Length, rest.Length)), Rows(labeled));
            labeled.AddRange(asked.Select(strategy, start * _classes, seed + 1000 * round, CancellationToken.None)
                .Select(row => rest[row]));
        }
    }

    private FeatureVectors Rows(IReadOnlyList<int> rows)
    {
        var values = new float[rows.Count * _features.Features];
        foreach (var (place, row) in rows.Index())
            _features[row].CopyTo(values.AsSpan(place * _features.Features));
        return new FeatureVectors(values, rows);
    }
}
