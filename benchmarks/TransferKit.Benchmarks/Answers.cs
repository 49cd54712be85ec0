using System.Diagnostics;
using System.Globalization;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>How good, and how quick, the answers are that linear probes give before anything is trained.</summary>
internal static class Answers
{
    /// <summary>
    /// Exchanges labels on purpose and looks for them: what share of the labels found is wrong (precision) and what share of the
    /// wrong ones is found (recall), as found and at the place in the list where four fifths are found.
    /// </summary>
    /// <param name="folder">A folder of pictures whose labels are taken for right.</param>
    /// <param name="plan">The backbone.</param>
    /// <param name="noise">The share of labels that is exchanged.</param>
    /// <param name="seeds">How often, with other ones each time.</param>
    public static void LabelErrors(string folder, TransferPlan plan, double noise, int seeds)
    {
        var data = ImageFolder.Open(folder);
        Console.WriteLine("| seed | exchanged | found | precision | recall | precision at recall 0.8 | seconds |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        List<(double Precision, double Recall, double AtFourFifths)> all = [];
        for (var seed = 0; seed < seeds; seed++)
        {
            var wrong = Exchange(data, noise, seed);
            var clock = Stopwatch.StartNew();
            var found = data.Relabel(wrong).FindLabelErrors(plan, new LabelErrorOptions { Seed = seed });
            var right = found.Indices.Count(wrong.ContainsKey);
            var needed = (int)Math.Ceiling(0.8 * wrong.Count);
            var place = found.Indices.Index().Where(one => wrong.ContainsKey(one.Item)).Skip(needed - 1)
                .Select(one => one.Index + 1).FirstOrDefault();
            all.Add(((double)right / found.Errors.Count, (double)right / wrong.Count, place == 0 ? 0 : (double)needed / place));
            var (precision, recall, atFourFifths) = all[^1];
            var scores = string.Create(CultureInfo.InvariantCulture, $"{precision:F3} | {recall:F3} | {atFourFifths:F3}");
            Print($"| {seed} | {wrong.Count} | {found.Errors.Count} | {scores} | {clock.Elapsed.TotalSeconds:F1} |");
        }
        var means = (all.Average(one => one.Precision), all.Average(one => one.Recall), all.Average(one => one.AtFourFifths));
        Print($"| mean | | | {means.Item1:F3} | {means.Item2:F3} | {means.Item3:F3} | |");
    }

    /// <summary>Compares models whose weights lie in files, twice: the second time with what is known from the first.</summary>
    /// <param name="folder">A folder of pictures.</param>
    /// <param name="plans">The models.</param>
    /// <param name="chart">Where the chart is written; null: nowhere.</param>
    public static void Compare(string folder, IReadOnlyList<TransferPlan> plans, string? chart)
    {
        var data = ImageFolder.Open(folder);
        var cache = Directory.CreateTempSubdirectory("transferkit-compare-").FullName;
        try
        {
            foreach (var pass in new[] { "first", "second" })
            {
                var clock = Stopwatch.StartNew();
                var found = Backbone.Compare(data, plans, new ComparisonOptions { CacheFolder = cache });
                Console.WriteLine(found);
                Print($"{pass} call: {clock.Elapsed.TotalSeconds:F1} s\n");
                if (chart is not null)
                    found.Chart().Save(chart);
            }
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    /// <summary>
    /// Whether the order in which linear probes put models is that in which fine-tuning does: the rank correlation (Spearman,
    /// 1904) of the probes' accuracies and of those on pictures that neither has seen, equal ones sharing their ranks.
    /// </summary>
    /// <param name="folder">A folder of pictures.</param>
    /// <param name="plans">The models.</param>
    /// <param name="options">How everything is fine-tuned, after an epoch for the head; another seed each time.</param>
    /// <param name="samples">So many pictures are probed and trained on; all others are held out.</param>
    /// <param name="seeds">How often every model is fine-tuned; the mean counts.</param>
    public static void Rank(
        string folder, IReadOnlyList<TransferPlan> plans, TrainingOptions options, int samples, int seeds)
    {
        ImageDataset data = ImageFolder.Open(folder);
        var (rest, test) = data.Split((double)samples / data.Count);
        var found = Backbone.Compare(rest, plans, new ComparisonOptions { CacheFolder = null });
        Console.WriteLine(found);
        Console.WriteLine("| model | probe | fine-tuned | of each seed |\n|---|---|---|---|");
        var tuned = new List<double>();
        foreach (var one in found.Backbones)
        {
            double[] each =
            [
                .. Enumerable.Range(0, seeds).Select(seed => FineTuned(one.Plan, rest, test, options with { Seed = seed })),
            ];
            tuned.Add(each.Average());
            var all = string.Join(", ", each.Select(accuracy => accuracy.ToString("F4", CultureInfo.InvariantCulture)));
            Print($"| {one.Name}, {one.ImageSize} px | {one.Accuracy:F4} | {tuned[^1]:F4} | {all} |");
        }
        var correlation = Correlation(Ranks([.. found.Backbones.Select(one => one.Accuracy)]), Ranks([.. tuned]));
        Print($"rank correlation of {tuned.Count} models, {rest.Count} pictures, {test.Count} held out: {correlation:F3}");
    }

    private static double FineTuned(TransferPlan plan, ImageDataset rest, ImageDataset test, TrainingOptions options)
    {
        using var run = plan.Train(rest, options with { Strategy = TrainingStrategy.FineTune() });
        return run.Model.Evaluate(test).Accuracy;
    }

    private static double[] Ranks(double[] values) =>
        [.. values.Select(value => values.Count(other => other < value) + (values.Count(other => other == value) - 1) / 2.0)];

    private static double Correlation(double[] x, double[] y)
    {
        var (meanX, meanY) = (x.Average(), y.Average());
        return x.Zip(y, (one, other) => (one - meanX) * (other - meanY)).Sum()
            / Math.Sqrt(x.Sum(one => (one - meanX) * (one - meanX)) * y.Sum(other => (other - meanY) * (other - meanY)));
    }

    /// <summary>A learning curve, from features that are computed in the same call and from those known from it.</summary>
    /// <param name="folder">A folder of pictures.</param>
    /// <param name="plan">The backbone.</param>
    public static void Curve(string folder, TransferPlan plan)
    {
        var data = ImageFolder.Open(folder);
        var clock = Stopwatch.StartNew();
        Console.WriteLine(data.EstimateLearningCurve(plan));
        Print($"{clock.Elapsed.TotalSeconds:F1} s");
    }

    /// <summary>A map of pictures: how long t-SNE takes, and how far neighbors in it are neighbors to the network.</summary>
    /// <param name="folder">A folder of pictures.</param>
    /// <param name="plan">The backbone.</param>
    /// <param name="page">Where the map is drawn, with doubtful labels; null: nowhere.</param>
    /// <param name="features">
    /// Where what it is of is written as float32, row by row, for <c>baseline/tsne.py</c>; null: nowhere.
    /// </param>
    public static void Map(string folder, TransferPlan plan, string? page, string? features)
    {
        var data = ImageFolder.Open(folder);
        using (var model = plan.Build())
        {
            var seen = model.ExtractFeatures(data);
            var clock = Stopwatch.StartNew();
            var map = seen.TSne();
            Print($"{seen.Count} x {seen.Features}: {clock.Elapsed.TotalSeconds:F1} s");
            Print($"trustworthiness {seen.Trustworthiness(map):F4}, of 30 neighbors {seen.Trustworthiness(map, 30):F4}");
            if (features is not null)
                using (var file = File.Create(features))
                    file.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([.. seen.ToArray().Cast<float>()]));
        }
        if (page is not null)
            data.Map(plan).WriteReport(page, data.FindLabelErrors(plan.FreezeAll()));
    }

    /// <summary>A plan by the model's name and its weights: <c>packaged</c>, <c>default</c>, <c>none</c> or a file.</summary>
    public static TransferPlan PlanOf(string model, string weights) => Backbone.Create(model, weights switch
    {
        "packaged" => Pretrained.Packaged,
        "default" => Pretrained.Default,
        "none" => Pretrained.None,
        _ => Pretrained.FromFile(weights),
    });

    /// <summary>The same, written as <c>MODEL=WEIGHTS</c>, or <c>MODEL@PIXELS=WEIGHTS</c> for images of that size.</summary>
    public static TransferPlan PlanOf(string text)
    {
        var (model, weights) = (text[..text.IndexOf('=')], text[(text.IndexOf('=') + 1)..]);
        return model.Split('@') is [var name, var pixels]
            ? PlanOf(name, weights).WithImageSize(int.Parse(pixels, CultureInfo.InvariantCulture))
            : PlanOf(model, weights);
    }

    private static Dictionary<int, string> Exchange(Dataset data, double noise, int seed)
    {
        int[] order = [.. Enumerable.Range(0, data.Count)];
        var random = new SeededRandom(seed, 1);
        random.Shuffle<int>(order);
        var classes = data.ClassNames.Count;
        return order.Take((int)Math.Round(noise * data.Count)).ToDictionary(
            index => index, index => data.ClassNames[(data.Labels[index] + 1 + random.Next(classes - 1)) % classes]);
    }

    internal static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
