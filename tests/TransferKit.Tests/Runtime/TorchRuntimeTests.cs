using TorchSharp;

namespace TransferKit.Tests;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Tensors_can_be_computed_with()
    {
        using var sum = torch.ones(2, 3).sum();

        sum.item<float>().Should().Be(6);
    }
}
