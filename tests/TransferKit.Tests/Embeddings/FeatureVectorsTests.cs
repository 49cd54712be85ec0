using TorchSharp;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Embeddings;

public sealed class FeatureVectorsTests
{
    [Fact]
    public void Every_sample_has_what_the_head_sees_of_it()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Backbone.ResNet18().ReplaceHead(2).WithImageSize(32).On(ComputeDevice.Cpu)
            .WithPrecision(Precision.Float32).Build();
        var data = SyntheticImages.Create(perClass: 5);
        var vectors = model.ExtractFeatures(data, batchSize: 4);

        (vectors.Count, vectors.Features).Should().Be((10, 512));
        vectors.Indices.Should().Equal(Enumerable.Range(0, 10));
        vectors.ToArray().GetLength(0).Should().Be(10);
        foreach (var batch in data.Read(new() { Preprocessing = model.Preprocessing, Order = [7], BatchSize = 1 }))
        {
            var expected = model.ExtractFeatures(batch.Images).data<float>().ToArray();
            for (var i = 0; i < expected.Length; i++)
                vectors[7][i].Should().BeApproximately(expected[i], 1e-4f);
            vectors.ToArray()[7, 511].Should().Be(vectors[7][511]);
        }
    }

    [Fact]
    public void A_head_that_pools_itself_leaves_a_map_which_is_averaged()
    {
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(Head.ConcatPool(2)).On(ComputeDevice.Cpu).Build();
        model.ExtractFeatures(SyntheticImages.Create(perClass: 1)).Features.Should().Be(512);
    }

    [Fact]
    public void Neighbors_point_the_same_way()
    {
        var vectors = Of([1, 0], [0, 3], [5, 5], [2, 0.1f], [0, 0]);
        var nearest = vectors.Nearest(0, 3);
        nearest.Select(found => found.Row).Should().Equal(3, 2, 1);
        nearest.Select(found => found.Index).Should().Equal(103, 102, 101);
        nearest[1].Similarity.Should().BeApproximately(MathF.Sqrt(0.5f), 1e-6f);
        nearest[2].Similarity.Should().Be(0);
        vectors.NearestTo([0, 1], 1).Single().Row.Should().Be(1);
        vectors.Nearest(2, 99).Should().HaveCount(4);
        vectors.Invoking(it => it.NearestTo([1, 2, 3])).Should().Throw<ArgumentException>().WithMessage("*2 numbers, this one 3*");
    }

    [Fact]
    public void Neighbors_vote_with_the_exponential_of_their_cosine()
    {
        var known = Of([1, 0], [0, 1], [2, 2], [1, 3]);
        using var votes = new NeighborVotes(known, [0, 1, 1, 2], classCount: 4, neighbors: 3, temperature: 0.07);

        var found = Shares(votes, Of([4, 1]), areKnown: false);

        // Of the cosines with (4, 1) the least, that of (0, 1), doesn't count.
        double[] cosines = [4 / Math.Sqrt(17), 5 / Math.Sqrt(34), 7 / Math.Sqrt(170)];
        var weights = cosines.Select(cosine => Math.Exp(cosine / 0.07)).ToArray();
        for (var label = 0; label < 3; label++)
            found[label].Should().BeApproximately((float)(weights[label] / weights.Sum()), 1e-5f);
        found[3].Should().BeLessThan(1e-11f);
    }

    [Fact]
    public void A_sample_is_classified_by_the_others_and_none_by_itself()
    {
        var known = Of([1, 0], [1, 0.1f], [0, 1], [0.1f, 1]);
        using var votes = new NeighborVotes(known, [0, 1, 2, 3], classCount: 4, neighbors: 1, temperature: 0.07);

        Shares(votes, known, areKnown: true).Select((share, i) => (share, i)).Where(pair => pair.share > 0.5f)
            .Select(pair => pair.i % 4).Should().Equal(1, 0, 3, 2);
        Shares(votes, known, areKnown: false).Select((share, i) => (share, i)).Where(pair => pair.share > 0.5f)
            .Select(pair => pair.i % 4).Should().Equal(0, 1, 2, 3);
    }

    [Fact]
    public void A_model_is_measured_by_the_neighbors_of_its_features()
    {
        using var model = Backbone.ResNet18().ReplaceHead(2).WithImageSize(32).On(ComputeDevice.Cpu).Build();
        var data = SyntheticImages.Create(perClass: 12);
        var split = data.Split(0.75);

        var result = model.EvaluateNeighbors(split.Train, split.Validation, new NeighborOptions { Neighbors = 5 });
        var itself = model.EvaluateNeighbors(data, data, new NeighborOptions { Neighbors = 999 });

        result.Count.Should().Be(split.Validation.Count);
        result.Accuracy.Should().BeGreaterThan(0.7);
        itself.Count.Should().Be(data.Count);
        var wrong = new NeighborOptions { Neighbors = 0, Temperature = double.NaN, BatchSize = 0 };
        model.Invoking(it => it.EvaluateNeighbors(data, data, wrong)).Should().Throw<ArgumentException>().WithMessage(
            "The neighbor options are wrong: Neighbors is 0, but must be at least 1. Temperature is NaN, but must be a number above 0. "
            + "BatchSize is 0, but must be at least 1.");
        model.Invoking(it => it.EvaluateNeighbors(data, data, new NeighborOptions { Temperature = 0 })).Should().Throw<ArgumentException>()
            .WithMessage("*Temperature is 0*");
    }

    private static float[] Shares(NeighborVotes votes, FeatureVectors vectors, bool areKnown)
    {
        using var logits = votes.Of(vectors, areKnown).Single().Logits;
        using var shares = logits.exp();
        return shares.data<float>().ToArray();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Principal_components_keep_the_directions_of_most_variance(bool moreFeaturesThanSamples)
    {
        // 3 · t along (3, 4, 0, …) / 5 and t² along the third axis, far from the origin.
        var padding = moreFeaturesThanSamples ? new float[20] : [];
        var points = new[] { -2, -1, 0, 1, 2 };
        var vectors = Of([.. points.Select(t => (float[])[7 + 1.8f * t, 2.4f * t - 1, t * t, .. padding])]);
        var map = vectors.PrincipalComponents();
        map.GetLength(1).Should().Be(2);
        for (var i = 0; i < points.Length; i++)
        {
            map[i, 0].Should().BeApproximately(3 * points[i], 1e-4f);
            map[i, 1].Should().BeApproximately(points[i] * points[i] - 2, 1e-4f);
        }
        vectors.Invoking(it => it.PrincipalComponents(6)).Should().Throw<ArgumentOutOfRangeException>();
    }

    private static FeatureVectors Of(params float[][] rows) =>
        new([.. rows.SelectMany(row => row)], [.. Enumerable.Range(100, rows.Length)]);
}
