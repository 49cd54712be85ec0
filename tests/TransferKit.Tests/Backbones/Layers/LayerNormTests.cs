using TorchSharp;
using static TransferKit.Layers;

namespace TransferKit.Tests.Backbones.Layers;

public class LayerNormTests
{
    [Fact]
    public void Vectors_in_bfloat16_are_rounded_once_and_the_weights_not_at_all()
    {
        using var scope = torch.NewDisposeScope();
        using var norm = LayerNorm(64);
        foreach (var weight in norm.Weights)
        {
            weight.Allocate(torch.CPU);
            weight.Initialize();
        }
        using (torch.no_grad())
            norm.Weights[0].Value.copy_(torch.linspace(0.9, 1.1, 64));
        var vectors = (torch.arange(16 * 64).view(16, 64) * 0.7).sin().to_type(torch.bfloat16);

        var rounded = norm.Forward(vectors);

        rounded.dtype.Should().Be(torch.bfloat16);
        var exact = norm.Forward(vectors.to_type(torch.float32)).to_type(torch.bfloat16);
        rounded.ne(exact).sum().item<long>().Should().BeLessThan(10, "of 1024, those that lie between two numbers");
    }
}
