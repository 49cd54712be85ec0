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
