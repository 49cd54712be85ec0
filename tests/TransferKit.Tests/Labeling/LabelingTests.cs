using TransferKit.Tests.Backbones;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Labeling;

public sealed class LabelingTests
{
    private static readonly LabelingOptions Quick = new() { CacheFolder = null };
    private static readonly InMemoryDataset Labeled = SyntheticImages.Create(perClass: 5, classes: 3);
    private static readonly InMemoryDataset Pool = SyntheticImages.Create(perClass: 10, classes: 3, seed: 1);

    /// <summary>Points of a plane, with what a model says of two classes.</summary>
    private static readonly LabelingPool Points = new(
        Of([0, 0], [1, 0], [0, 1], [9, 0], [0, 8], [9, 1]),
        [[0.9, 0.1], [0.5, 0.5], [0.6, 0.4], [1, 0], [0.2, 0.8], [0.45, 0.55]], Labeled: null);

    [Fact]
    public void The_least_sure_come_first()
    {
        Select(Points, LabelingStrategy.Margin, 3).Should().Equal(1, 5, 2);
        Select(Points, LabelingStrategy.Entropy, 3).Should().Equal(1, 5, 2);
        Points.Margin(0).Should().BeApproximately(0.8, 1e-12);
        Points.Entropy(1).Should().BeApproximately(Math.Log(2), 1e-12);
        Points.Entropy(3).Should().Be(0);
        // Of three classes both measures differ: the lower margin, and the more that are possible.
        var three = new LabelingPool(Of([0], [0]), [[0.49, 0.5, 0.01], [0.4, 0.33, 0.27]], Labeled: null);
        Select(three, LabelingStrategy.Margin, 1).Should().Equal(0);
        Select(three, LabelingStrategy.Entropy, 1).Should().Equal(1);
    }

    [Fact]
    public void A_coreset_covers_what_is_far_from_all_that_is_known()
    {
        var near = Points with { Labeled = Of([0, 0], [0.5f, 0.5f]) };
        // (9, 0) and (9, 1) are the farthest, of which the first is taken; then (0, 8), and all of the rest are near one of these.
        Select(near, LabelingStrategy.Coreset, 2).Should().Equal(3, 4);
        Select(Points with { Labeled = Of([9, 0], [0, 7]) }, LabelingStrategy.Coreset, 1).Should().Equal(1);
        Select(Points, LabelingStrategy.Coreset, 6).Should().OnlyHaveUniqueItems().And.HaveCount(6);
        // Each choice is the farthest from those before: the distances never grow.
        var order = Select(Points, LabelingStrategy.Coreset, 6);
        Enumerable.Range(1, 5).Select(k => order.Take(k).Min(row => Distance(row, order[k]))).Should().BeInDescendingOrder();
    }

    [Fact]
    public void Badge_draws_unsure_ones_that_differ()
    {
        // The longest gradient is that of (9, 1); (0, 8) is all but orthogonal to it, and as long as the squares of others together.
        Select(Points, LabelingStrategy.Badge, 1).Should().Equal(5);
        var second = Enumerable.Range(0, 300).Select(seed => Points.Select(LabelingStrategy.Badge, 2, seed, default)[1])
            .CountBy(row => row).ToDictionary();
        // Squares of the distances between gradients of rows 0 to 4 and 5: only that of row 4 is large, and row 3's, whose own
        // gradient is nothing.
        double[][] gradients = [.. Enumerable.Range(0, 6).Select(Gradient)];
        double[] squares = [.. gradients.Select(gradient => gradient.Zip(gradients[5], (a, b) => (a - b) * (a - b)).Sum())];
        foreach (var (row, count) in second)
            (count / 300.0).Should().BeApproximately(squares[row] / squares.Sum(), 0.09);
        Select(Points, LabelingStrategy.Badge, 6).Should().OnlyHaveUniqueItems().And.HaveCount(6);
        Select(Points, LabelingStrategy.Badge, 4).Should().Equal(Select(Points, LabelingStrategy.Badge, 4));

        static double[] Gradient(int row)
        {
            var likeliest = Array.IndexOf(Points.Probabilities[row], Points.Probabilities[row].Max());
            return [.. Points.Probabilities[row].SelectMany((probability, label) =>
                Enumerable.Range(0, 2).Select(i => (probability - (label == likeliest ? 1 : 0)) * Points.Features[row][i]))];
        }
    }

    [Theory]
    [InlineData(LabelingStrategy.Badge)]
    [InlineData(LabelingStrategy.Margin)]
    [InlineData(LabelingStrategy.Entropy)]
    [InlineData(LabelingStrategy.Coreset)]
    [InlineData(LabelingStrategy.Random)]
    public void They_are_chosen_by_a_probe_or_by_a_model(LabelingStrategy strategy)
    {
        var options = Quick with { Strategy = strategy };
        var byProbe = Labeled.SelectForLabeling(Pool, 7, SpotsNetwork.Plan, options);
        byProbe.Indices.Should().OnlyHaveUniqueItems().And.HaveCount(7).And.OnlyContain(index => index >= 0 && index < 30);
        byProbe.Samples.Should().OnlyContain(one => Labeled.ClassNames.Contains(one.Suggested) && one.Margin <= one.Probability);
        byProbe.Samples.Count(one => one.Suggested == Pool.ClassNames[Pool.Labels[one.Index]]).Should().BeGreaterThan(2);
        Labeled.SelectForLabeling(Pool, 7, SpotsNetwork.Plan, options).Indices.Should().Equal(byProbe.Indices);
        Pool.Without(byProbe.Indices).Count.Should().Be(23);

        using var run = SpotsNetwork.Plan.ReplaceHead(3).Train(Labeled, new TrainingOptions { Epochs = 1, BatchSize = 5, Augment = false });
        var byModel = run.Model.SelectForLabeling(Pool, 99, Labeled, options);
        byModel.Samples.Should().HaveCount(30, "there are no more");
        // What the model says of the samples is what it says in an evaluation.
        var said = run.Model.Evaluate(Pool).Samples!;
        foreach (var one in byModel.Samples)
            one.Probability.Should().BeApproximately(said.Probability(one.Index, said.Predicted(one.Index)), 1e-4);
        $"{byModel}".Should().StartWith($"30 of 30 samples are worth labeling first ({strategy})").And.EndWith("... and 20 more");
    }

    [Fact]
    public void They_are_written_as_a_table()
    {
        var path = Path.GetTempFileName();
        try
        {
            var found = Labeled.SelectForLabeling(Pool, 3, SpotsNetwork.Plan, Quick);
            found.SaveCsv(path);
            var lines = File.ReadAllLines(path);
            lines[0].Should().Be("index,name,suggested,probability,margin,entropy");
            lines.Skip(1).Select(line => int.Parse(line.Split(',')[0])).Should().Equal(found.Indices);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Labeled.Invoking(it => it.SelectForLabeling(Pool, 0, SpotsNetwork.Plan, Quick)).Should().Throw<ArgumentOutOfRangeException>();
        Labeled.Invoking(it => it.SelectForLabeling(Pool, 1, SpotsNetwork.Plan, Quick with { Strategy = (LabelingStrategy)9, BatchSize = 0 }))
            .Should().Throw<ArgumentException>().WithMessage("*Strategy is 9*BatchSize is 0*");
        Labeled.Subset([0, 3]).Invoking(it => it.SelectForLabeling(Pool, 1, SpotsNetwork.Plan, Quick)).Should().Throw<ArgumentException>()
            .WithMessage("Two samples each of two classes*");
    }

    private static IReadOnlyList<int> Select(LabelingPool pool, LabelingStrategy strategy, int count) => pool.Select(strategy, count, 0, default);

    private static double Distance(int one, int other) => Math.Sqrt(Enumerable.Range(0, 2)
        .Sum(i => Math.Pow(Points.Features[one][i] - Points.Features[other][i], 2)));

    private static FeatureVectors Of(params float[][] rows) => new([.. rows.SelectMany(row => row)], [.. Enumerable.Range(0, rows.Length)]);
}
