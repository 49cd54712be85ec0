using TorchSharp;
using static TransferKit.Layers;

namespace TransferKit.Tests.Backbones.Layers;

public class ChannelLayersTests
{
    [Fact]
    public void Shuffling_takes_the_groups_channels_in_turn()
    {
        using var scope = torch.NewDisposeScope();
        Values(new ChannelShuffle(2).Forward(Channels(0, 1, 2, 3, 4, 5))).Should().Equal(0, 3, 1, 4, 2, 5);
        Values(new ChannelShuffle(3).Forward(Channels(0, 1, 2, 3, 4, 5))).Should().Equal(0, 2, 4, 1, 3, 5);
    }

    [Fact]
    public void Splitting_gives_each_branch_its_part_and_leaves_the_input_as_it_is()
    {
        using var scope = torch.NewDisposeScope();
        var input = Channels(-1, 2, -3, 4);
        Values(new SplitChannels(new Identity(), Chain(Relu)).Forward(input)).Should().Equal(-1, 2, 0, 4);
        Values(input).Should().Equal(-1, 2, -3, 4);
    }

    [Fact]
    public void A_gate_multiplies_its_input()
    {
        using var scope = torch.NewDisposeScope();
        var input = Channels(-1, 2, 3);
        var gate = new Gate(GlobalAveragePool, Relu);
        Values(gate.Forward(input)).Should().Equal(0, 4, 9);
        Values(input).Should().Equal(-1, 2, 3);
        Values(new TensorOperations().RunInPlace(gate, Channels(-1, 2, 3))).Should().Equal(0, 4, 9);
    }

    [Fact]
    public void Gradients_flow_through_both_sides_of_a_gate_whose_input_may_be_overwritten()
    {
        using var scope = torch.NewDisposeScope();
        var image = Channels(3).requires_grad_();
        // relu(x) · mean(relu(x)) is x² for one pixel above zero.
        Chain(Relu, new Gate(GlobalAveragePool)).Forward(image).sum().backward();
        Values(image.grad!).Should().Equal(6);
    }

    [Fact]
    public void Channels_that_do_not_divide_are_refused()
    {
        FluentActions.Invoking(() => new SplitChannels(new Identity(), new Identity()).OutputShape(new Shape(3, 2, 2)))
            .Should().Throw<ArgumentException>().WithMessage("*[3, 2, 2]*2 equal parts*");
        FluentActions.Invoking(() => new ChannelShuffle(2).OutputShape(new Shape(3, 2, 2)))
            .Should().Throw<ArgumentException>().WithMessage("*[3, 2, 2]*2 groups*");
        FluentActions.Invoking(() => new Gate(GlobalAveragePool, Flatten()).OutputShape(new Shape(3, 2, 2)))
            .Should().Throw<ArgumentException>().WithMessage("*gate*[3]*[3, 2, 2]*");
    }

    [Theory]
    [InlineData("googlenet")]
    [InlineData("inception_v3")]
    public void Transforming_the_input_is_off_until_it_is_switched_on(string model)
    {
        using var scope = torch.NewDisposeScope();
        using var network = Architectures.Create(model);
        var first = network.Steps[0];
        // White and black in ImageNet's normalization, which are 1 and −1 in TensorFlow's.
        var pixels = torch.tensor(new[] { (1 - 0.485f) / 0.229f, -0.456f / 0.224f, (1 - 0.406f) / 0.225f }, [1, 3, 1, 1]);

        network.TransformsInput.Should().BeFalse();
        first.Forward(pixels).Should().BeSameAs(pixels);

        network.TransformsInput = true;
        network.TransformsInput.Should().BeTrue();
        Values(first.Forward(pixels).round(4)).Should().Equal(1, -1, 1);
        FluentActions.Invoking(() => network.OutputShape(new Shape(1, 96, 96)))
            .Should().Throw<ArgumentException>().WithMessage("*3 channels*");
    }

    [Fact]
    public void Networks_without_an_input_transform_ignore_the_switch()
    {
        using var network = Architectures.Create("resnet18");
        network.TransformsInput = true;
        network.TransformsInput.Should().BeFalse();
    }

    private static torch.Tensor Channels(params float[] values) => torch.tensor(values, [1, values.Length, 1, 1]);

    private static float[] Values(torch.Tensor tensor) => [.. tensor.data<float>()];
}
