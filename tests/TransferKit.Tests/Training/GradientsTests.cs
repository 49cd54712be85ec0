using TorchSharp;
using TorchSharp.Modules;

namespace TransferKit.Tests.Training;

public class GradientsTests
{
    [Fact]
    public void The_norm_is_that_of_all_gradients_as_one_vector()
    {
        using var scope = torch.NewDisposeScope();
        Gradients.Norm(Weights([3, 0], [4])).Should().Be(5);
        Gradients.Norm(Weights([3, 0], [float.NaN])).Should().Be(double.NaN);
        Gradients.Norm(Weights([3, 0], [float.NegativeInfinity])).Should().Be(double.PositiveInfinity);
        Gradients.Norm([new Parameter(torch.ones(2))]).Should().Be(0, "it has no gradient");
    }

    [Theory]
    [InlineData(2.5, 0.5)]
    [InlineData(5, 1)]
    [InlineData(50, 1)]
    public void A_norm_above_the_limit_is_brought_down_to_it(double limit, double factor)
    {
        using var scope = torch.NewDisposeScope();
        var weights = Weights([3, 0], [-4]);
        using var before = Gradients.ClipNorm(weights.Append(new Parameter(torch.ones(1))), limit);
        before.item<float>().Should().Be(5);
        Values(weights).Zip([3, 0, -4], (value, given) => Math.Abs(value - factor * given)).Max().Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Gradients_that_are_no_numbers_stay_as_they_are()
    {
        using var scope = torch.NewDisposeScope();
        var weights = Weights([3, float.PositiveInfinity]);
        using var before = Gradients.ClipNorm(weights, 1);
        before.item<float>().Should().Be(float.PositiveInfinity);
        Values(weights).Should().Equal(3, float.PositiveInfinity);
    }

    [Fact]
    public void Values_are_limited_on_both_sides()
    {
        using var scope = torch.NewDisposeScope();
        var weights = Weights([3, -0.5f], [-4]);
        Gradients.ClipValue(weights, 1);
        Values(weights).Should().Equal(1, -0.5f, -1);
    }

    private static List<torch.Tensor> Weights(params float[][] gradients) =>
        [.. gradients.Select(values => new Parameter(torch.ones(values.Length)) { grad = torch.tensor(values) })];

    private static IEnumerable<float> Values(IEnumerable<torch.Tensor> weights) =>
        weights.SelectMany(weight => weight.grad!.data<float>().ToArray());
}
