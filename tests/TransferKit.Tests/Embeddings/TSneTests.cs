using System.Text.Json;

namespace TransferKit.Tests.Embeddings;

public sealed class TSneTests
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly Golden Reference = JsonSerializer.Deserialize<Golden>(
        File.ReadAllText(Path.Join(AppContext.BaseDirectory, "Embeddings", "tsne_goldens.json")), SnakeCase)!;

    private static readonly FeatureVectors Digits = new(
        [.. Reference.Digits.Select((value, i) => i % Reference.Features == 0 ? Distinct(i / Reference.Features) : value)],
        [.. Enumerable.Range(0, Reference.Digits.Length / Reference.Features)]);

    [Fact]
    public void Trustworthiness_is_scikit_learns()
    {
        var theirs = new float[Digits.Count, 2];
        Buffer.BlockCopy(Reference.Map, 0, theirs, 0, sizeof(float) * Reference.Map.Length);
        foreach (var (neighbors, expected) in Reference.Trustworthiness)
            Digits.Trustworthiness(theirs, int.Parse(neighbors)).Should().BeApproximately(expected, 1e-6);
        Digits.Trustworthiness(Digits.PrincipalComponents()).Should().BeApproximately(Reference.OfPrincipalComponents, 1e-4);
    }

    [Fact]
    public void A_map_is_as_good_as_scikit_learns_and_the_same_each_time()
    {
        var map = Digits.TSne();
        Digits.Trustworthiness(map).Should().BeGreaterThan(Reference.Trustworthiness["5"] - 0.005);
        // Of a map at random about half are right, so that this isn't met by anything.
        Reference.OfPrincipalComponents.Should().BeLessThan(Reference.Trustworthiness["5"] - 0.1);
        map.Cast<float>().Should().OnlyContain(value => float.IsFinite(value));
        var (few, again) = (Digits.TSne(iterations: 250), Digits.TSne(iterations: 250));
        again.Cast<float>().Should().Equal(few.Cast<float>());
    }

    [Fact]
    public void The_forces_are_those_of_all_pairs_where_nothing_counts_as_one()
    {
        var random = new SeededRandom(3, 1);
        double[] points = [.. Enumerable.Range(0, 400).Select(_ => random.NextNormal())];
        // Two at the same place, and two that all but are.
        (points[2], points[3], points[8], points[9]) = (points[0], points[1], points[0] + 1e-13, points[1]);
        var tree = new QuadTree(points);
        for (var i = 0; i < 200; i++)
        {
            var (x, y, sum) = (0.0, 0.0, 0.0);
            for (var j = 0; j < 200; j++)
            {
                if (j == i)
                    continue;
                var (acrossX, acrossY) = (points[2 * i] - points[2 * j], points[2 * i + 1] - points[2 * j + 1]);
                var likeness = 1 / (1 + acrossX * acrossX + acrossY * acrossY);
                (x, y, sum) = (x + likeness * likeness * acrossX, y + likeness * likeness * acrossY, sum + likeness);
            }
            var exact = tree.Repulsion(points[2 * i], points[2 * i + 1], squaredAngle: 0);
            exact.X.Should().BeApproximately(x, 1e-9);
            exact.Y.Should().BeApproximately(y, 1e-9);
            exact.Sum.Should().BeApproximately(sum, 1e-9);
            tree.Repulsion(points[2 * i], points[2 * i + 1], squaredAngle: 0.25).Sum.Should().BeApproximately(sum, 0.03 * sum);
        }
    }

    [Fact]
    public void Groups_that_are_far_apart_stay_apart_and_the_same_samples_together()
    {
        float[] values = [.. Enumerable.Range(0, 40).SelectMany(i => new float[] { i < 20 ? 0 : 100, i % 5, i % 3, 1 })];
        var map = new FeatureVectors(values, [.. Enumerable.Range(0, 40)]).TSne();
        for (var i = 0; i < 40; i++)
        {
            var nearest = Enumerable.Range(0, 40).Where(j => j != i).MinBy(
                j => Math.Pow(map[i, 0] - map[j, 0], 2) + Math.Pow(map[i, 1] - map[j, 1], 2));
            (nearest < 20).Should().Be(i < 20);
        }
        var same = new FeatureVectors(new float[40], [.. Enumerable.Range(0, 10)]).TSne();
        same.Cast<float>().Should().OnlyContain(value => value == 0, "nothing tells them apart");
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Digits.Invoking(it => it.TSne(perplexity: 0.5)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*at least 1*");
        Digits.Invoking(it => it.TSne(iterations: 100)).Should().Throw<ArgumentOutOfRangeException>();
        Digits.Invoking(it => it.Trustworthiness(new float[3, 2])).Should().Throw<ArgumentException>().WithMessage("The map has 3*");
        Digits.Invoking(it => it.Trustworthiness(new float[Digits.Count, 2], Digits.Count / 2)).Should()
            .Throw<ArgumentOutOfRangeException>();
        new FeatureVectors(new float[6], [0, 1, 2]).Invoking(it => it.TSne()).Should().Throw<InvalidOperationException>()
            .WithMessage("A map takes four samples*");
    }

    /// <summary>Stands in the first pixel, which is empty in all, so that no two are as far from a third.</summary>
    private static float Distinct(int digit) => (float)((double)digit * digit * 0.618034 % 1);

    private sealed record Golden(int Features, byte[] Digits, float[] Map, Dictionary<string, double> Trustworthiness, double OfPrincipalComponents);
}
