using TorchSharp;

namespace TransferKit.Tests.Training;

public class NamedTensorsTests
{
    [Fact]
    public void State_of_other_options_is_refused_and_nothing_is_changed()
    {
        using var scope = torch.NewDisposeScope();
        var first = torch.zeros(2);
        (string, torch.Tensor)[] state = [("weight.momentum", first), ("bias.momentum", torch.zeros(4, 3, dtype: torch.float64))];
        var saved = new Dictionary<string, torch.Tensor> { ["weight.momentum"] = torch.ones(2) };

        var copy = () => NamedTensors.Copy(saved, state);
        copy.Should().Throw<ArgumentException>().WithMessage("The saved state has no tensor 'bias.momentum'*");
        saved["bias.momentum"] = torch.zeros(1);
        copy.Should().Throw<ArgumentException>().WithMessage("The saved tensor 'bias.momentum' is Float32 [1], not Float64 [4, 3]*");
        first.sum().item<float>().Should().Be(0);
    }
}
