using TorchSharp;
using static TransferKit.Layers;

namespace TransferKit.Tests.Backbones.Layers;

public sealed class ReparameterizedConvTests
{
    [Theory]
    [InlineData(8, 8, 1, 1)]
    [InlineData(8, 16, 2, 1)]
    [InlineData(8, 8, 1, 8)]
    [InlineData(8, 8, 1, 2)]
    [InlineData(8, 16, 2, 4)]
    public void Branches_become_one_convolution_of_the_same_results(int from, int to, int stride, int groups)
    {
        using var scope = torch.NewDisposeScope();
        List<Child> branches = [("large", Unit(from, to, 5, stride, groups)), ("small", Unit(from, to, 1, stride, groups))];
        if (from == to)
            branches.AddRange([("norm", BatchNorm(to)), new Identity()]);
        using var layer = new BranchedConv(from, to, new Kernel2d(5, stride), groups, branches);
        Fill(layer);
        var map = torch.randn(2, from, 9, 9);
        var expected = layer.Forward(map);

        CompiledLayers.Fold([layer]);

        layer.Children.Should().ContainSingle().Which.Layer.Should().BeOfType<Conv>();
        (layer.Forward(map) - expected).abs().max().item<float>().Should().BeLessThan(1e-5f * expected.abs().max().item<float>());
    }

    [Theory]
    [InlineData("repvgg_a0")]
    [InlineData("mobileone_s0")]
    public void A_network_of_branches_is_a_plain_one_for_inference(string name)
    {
        using var scope = torch.NewDisposeScope();
        using var network = Architectures.Create(name);
        var trained = network.NamedWeights().Count();
        network.Allocate(torch.CPU);
        network.Initialize(_ => true);

        CompiledLayers.Fold(network.Steps);

        var left = network.NamedWeights().Select(found => found.Name).ToList();
        left.Should().HaveCountLessThan(trained / 2).And.NotContain(key => key.EndsWith("running_var"));
    }

    private static Layer Unit(int from, int to, int kernel, int stride, int groups) =>
        Chain(("conv", Conv(from, to, new Kernel2d(kernel, stride), groups)), ("bn", BatchNorm(to)));

    private static void Fill(Layer layer)
    {
        torch.manual_seed(0);
        foreach (var (name, weight) in layer.NamedWeights())
        {
            weight.Allocate(torch.CPU);
            weight.Initialize();
            if (weight.Shape.Count == 1)
                _ = name.EndsWith("running_mean") ? weight.Value.normal_() : weight.Value.uniform_(0.5, 1.5);
        }
    }
}
