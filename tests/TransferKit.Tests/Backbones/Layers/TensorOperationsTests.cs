using TorchSharp;

namespace TransferKit.Tests.Backbones.Layers;

public class TensorOperationsTests
{
    private static readonly float[] Numbers = [1, 2, 3, 4, 5, 6];

    [Fact]
    public void Constants_are_of_the_type_of_what_they_meet()
    {
        using var scope = torch.NewDisposeScope();
        var ops = new TensorOperations();
        var constant = ops.Constant(torch.zeros(1, torch.bfloat16), Numbers, 2, 3);
        (constant.dtype, constant[1, 0].ToSingle(), constant[1, 2].ToSingle()).Should().Be((torch.bfloat16, 4, 6));
        constant.shape.Should().Equal(2, 3);
        FluentActions.Invoking(() => ops.Constant(constant, Numbers, 4)).Should().Throw<ArgumentException>()
            .WithMessage("6 numbers can't be given the sizes [4].*");
    }

    [Fact]
    public void Permuted_values_are_put_in_order()
    {
        using var scope = torch.NewDisposeScope();
        var ops = new TensorOperations();
        var permuted = ops.Permute(torch.tensor(Numbers).view(2, 3), 1, 0);
        var ordered = ops.InOrder(permuted);
        (permuted.is_contiguous(), ordered.is_contiguous()).Should().Be((false, true));
        ordered.flatten().data<float>().ToArray().Should().Equal(1, 4, 2, 5, 3, 6);
    }
}
