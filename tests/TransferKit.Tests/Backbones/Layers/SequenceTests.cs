using TorchSharp;
using static TransferKit.Layers;

namespace TransferKit.Tests.Backbones.Layers;

public class SequenceTests
{
    [Fact]
    public void A_layer_overwrites_what_the_sequence_made_and_never_its_input()
    {
        using var scope = torch.NewDisposeScope();
        foreach (var sequence in new[] { Chain(Relu), Chain(Flatten(), Relu), Chain(Chain(new Identity(), Dropout(0.5)), Relu, Relu) })
        {
            var input = torch.tensor([-1f, 2, -3, 4], [1, 4, 1, 1]);
            var output = sequence.Forward(input);
            input.data<float>().Should().Equal(-1, 2, -3, 4);
            output.flatten().data<float>().Should().Equal(0, 2, 0, 4);
        }
    }

    [Fact]
    public void A_residual_block_keeps_its_input_for_the_skip_path()
    {
        using var scope = torch.NewDisposeScope();
        var input = torch.tensor([-1f, 2], [1, 2]);
        Residual(Chain(Flatten(), Relu)).Forward(input).data<float>().Should().Equal(-1, 4);
    }
}
