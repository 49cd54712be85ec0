using TorchSharp;

namespace TransferKit.Tests.Backbones.Layers;

public sealed class TokenEmbeddingTests
{
    // Of timm.layers.resample_abs_pos_embed, for the sines of 0, 1, 2 … behind two tokens that stay.
    [Theory]
    [InlineData(5, 3, new[] { 0, 0.841471, 0.909297, 0.14112, -0.128409, -0.155243, 0.099512, 0.118175, -0.13157, -0.153492 })]
    [InlineData(3, 5, new[] { 0, 0.841471, 0.909297, 0.14112, -0.811567, -1.078895, -0.648917, -0.371299, -0.260007, 0.67486 })]
    public void Positions_for_another_number_of_patches_are_resampled_as_timm_does(int from, int to, double[] expected)
    {
        using var scope = torch.NewDisposeScope();
        var count = 2 * (2 + from * from);
        var positions = torch.tensor([.. Enumerable.Range(0, count).Select(i => MathF.Sin(i))], [1, count / 2, 2]);

        var resampled = TokenEmbedding.Resample(positions, prefix: 2, to);

        resampled.shape.Should().Equal(1, 2 + to * to, 2);
        var values = resampled.flatten().data<float>().ToArray();
        foreach (var (value, other) in expected.Zip(values))
            ((double)other).Should().BeApproximately(value, 2e-6);
    }
}
