using TorchSharp;
using TorchSharp.Modules;

namespace TransferKit.Tests.Training;

/// <summary>PyTorch's <c>GradScaler</c>: begins at 65536, halves after an overflow, doubles after 2000 good steps.</summary>
public class LossScalerTests
{
    [Fact]
    public void In_float16_a_loss_is_scaled_and_its_gradient_is_not()
    {
        using var scope = torch.NewDisposeScope();
        var scaler = new LossScaler(torch.ScalarType.Float16);
        var (weight, untouched) = (new Parameter(torch.ones(2)), new Parameter(torch.ones(2)));

        scaler.Scale(weight.Multiply(3).sum()).backward();
        weight.grad![0].item<float>().Should().Be(3 * 65536);
        scaler.Unscale([weight, untouched]).Should().BeTrue();

        weight.grad![0].item<float>().Should().Be(3);
        untouched.grad.Should().BeNull();
        scaler.State.Should().Be((65536, 1));
    }

    [Theory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NaN)]
    public void A_gradient_that_overflowed_halves_the_scale_and_leaves_the_step_out(float value)
    {
        using var scope = torch.NewDisposeScope();
        var scaler = new LossScaler(torch.ScalarType.Float16) { State = (4096, 7) };
        var weight = new Parameter(torch.ones(2)) { grad = torch.tensor([2, value]) };
        scaler.Unscale([weight]).Should().BeFalse();
        scaler.State.Should().Be((2048, 0));
        weight.grad![0].item<float>().Should().Be(2);
    }

    [Fact]
    public void After_2000_good_steps_the_scale_doubles()
    {
        using var scope = torch.NewDisposeScope();
        var scaler = new LossScaler(torch.ScalarType.Float16) { State = (8, 1998) };
        var weight = new Parameter(torch.ones(1)) { grad = torch.ones(1) };
        scaler.Unscale([weight]).Should().BeTrue();
        scaler.State.Should().Be((8, 1999));
        scaler.Unscale([weight]).Should().BeTrue();
        scaler.State.Should().Be((16, 0));
    }

    [Fact]
    public void In_other_precisions_nothing_happens()
    {
        using var scope = torch.NewDisposeScope();
        var scaler = new LossScaler(torch.ScalarType.BFloat16);
        var weight = new Parameter(torch.ones(1)) { grad = torch.tensor([float.NaN]) };
        var loss = torch.ones(1);
        scaler.Scale(loss).Should().BeSameAs(loss);
        scaler.Unscale([weight]).Should().BeTrue();
        scaler.State.Should().Be((LossScaler.First, 0));
    }
}
