using TorchSharp;

namespace TransferKit.Tests;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Tensors_can_be_computed_with()
    {
        TorchRuntime.EnsureLoaded();

        using var sum = torch.ones(2, 3).sum();

        sum.item<float>().Should().Be(6);
    }

    [Fact]
    public void The_libtorch_that_messages_name_is_the_one_that_TorchSharp_was_built_for() =>
        torch.__version__.Should().StartWith(LibtorchPackage.Version);
}
