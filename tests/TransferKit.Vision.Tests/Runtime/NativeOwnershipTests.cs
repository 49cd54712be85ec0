using TorchSharp;

namespace TransferKit.Vision.Tests.Runtime;

/// <summary>No native object is left to the garbage collector while libtorch reads it.</summary>
[Trait("Lane", "Slow")]
public sealed class NativeOwnershipTests
{
    private static readonly NativeOwnership Ownership = new();

    [Theory]
    [InlineData(typeof(TransferModel))]
    [InlineData(typeof(Predictor))]
    public void The_library_leaves_none(Type member) =>
        Ownership.FindIn(member.Assembly).Should().BeEmpty(
            "nothing keeps alive what these calls make; TensorArithmetic has others in their place");

    [Fact]
    public void What_TorchSharp_leaves_alone_is_found()
    {
        Ownership.Careless.Should().Contain([
            "Tensor.add_(Tensor)", "Tensor.op_Addition(Tensor, Tensor)",
            "Tensor.op_Multiply(Tensor, Double)", "Tensor.square()", "functional.softplus(Tensor, Double, Double)",
            "random.seed()",
        ]);
        Ownership.Careless.Should().NotContain([
            "Tensor.mul(Tensor)", "Tensor.add_(Tensor, Scalar)", "Tensor.softmax(Int64, Nullable`1)", "torch.manual_seed(Int64)",
        ]);
    }

    [Fact]
    public void What_code_leaves_alone_is_found() =>
        Ownership.FindIn(typeof(Examples).Assembly).Where(found => found.StartsWith(nameof(Examples), StringComparison.Ordinal))
            .Select(found => found.Split(' ')[0]).Distinct().Should().BeEquivalentTo(
                "Examples.Sum", "Examples.Half", "Examples.FromVariable", "Examples.Drawn");

    private static class Examples
    {
        private static readonly Scalar Two = 2.ToScalar();

        public static torch.Tensor Sum(torch.Tensor a) => a + a;

        public static torch.Tensor Half(torch.Tensor a) => a.div(2);

        public static torch.Tensor FromVariable(torch.Tensor a)
        {
            Scalar factor = 3;
            return a.mul_(factor).mul_(factor);
        }

        public static torch.Tensor Drawn() => torch.rand(3, generator: new torch.Generator());

        public static torch.Tensor Fine(torch.Tensor a)
        {
            torch.manual_seed(1);
            using var factor = 3.ToScalar();
            return a.mul(factor).mul(Two) * a;
        }
    }
}
