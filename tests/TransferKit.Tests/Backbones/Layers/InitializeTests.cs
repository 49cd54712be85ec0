using TorchSharp;

namespace TransferKit.Tests.Backbones.Layers;

public class InitializeTests
{
    [Theory]
    [InlineData(0.01, 0.01)]
    [InlineData(0.1, 0.1)]
    [InlineData(2, 1.0794)] // What is left of N(0, 2²) within one deviation: 2 · √(1 − 2 · φ(1) / (2 · Φ(1) − 1)).
    public void Truncated_normal_stays_within_two_and_keeps_its_deviation(double std, double expected)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(0);
        var tensor = torch.empty(400, 500);
        Initialize.TruncatedNormal(std)(tensor);
        tensor.abs().max().item<float>().Should().BeLessThanOrEqualTo(2);
        tensor.std().item<float>().Should().BeApproximately((float)expected, (float)expected * 0.02f);
        tensor.mean().item<float>().Should().BeApproximately(0, (float)expected * 0.02f);
    }
}
