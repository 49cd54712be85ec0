using TorchSharp;

namespace TransferKit.Tests.Backbones.Layers;

public class InitializerTests
{
    [Theory]
    [InlineData(0.02, 0.02)]
    [InlineData(1, 0.8796)]
    [InlineData(10, 1.147)]
    public void A_truncated_normal_stays_within_two_and_has_the_deviation_that_is_left(double std, double left)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(0);
        var values = torch.empty(100_000);
        Initialize.TruncatedNormal(std)(values);
        values.mean().item<float>().Should().BeApproximately(0, (float)(0.02 * left));
        values.std().item<float>().Should().BeApproximately((float)left, (float)(0.02 * left));
        values.abs().max().item<float>().Should().BeLessThanOrEqualTo(2);
    }
}
