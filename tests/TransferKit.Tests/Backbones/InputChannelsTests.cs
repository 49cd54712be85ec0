using TorchSharp;

namespace TransferKit.Tests.Backbones;

[Trait("Lane", "Slow")]
public class InputChannelsTests
{
    [Theory]
    [InlineData("resnet18", "conv1.weight", 1)]
    [InlineData("resnet18", "conv1.weight", 5)]
    [InlineData("squeezenet1_1", "features.0.weight", 4)]
    [InlineData("vit_b_32", "conv_proj.weight", 1)]
    [InlineData("repvgg_a0", "stem.conv_kxk.conv.weight", 1)]
    [InlineData("repvgg_a0", "stem.conv_1x1.conv.weight", 4)]
    public void The_first_convolution_adapts_trained_kernels(string model, string key, int channels)
    {
        using var trained = Architectures.Create(model);
        trained.Allocate(torch.CPU);
        trained.Initialize(_ => true);
        var stateDict = trained.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value);

        using var adapted = Backbone.Create(model, Pretrained.FromStateDict(stateDict)).WithInputChannels(channels).Build();
        using var scope = torch.NewDisposeScope();
        var kernel = adapted.Network.NamedWeights().Single(found => found.Name == key).Weight.Value;
        kernel.shape[1].Should().Be(channels);
        // Gray sees the sum of red, green and blue; of more channels, the fourth sees what red does, and they sum up to as much.
        var (red, green, blue) = (stateDict[key].select(1, 0), stateDict[key].select(1, 1), stateDict[key].select(1, 2));
        torch.Tensor[] expected = channels switch
        {
            1 => [red + green + blue],
            4 => [red * 0.75, green * 0.75, blue * 0.75, red * 0.75],
            _ => [red * 0.6, green * 0.6, blue * 0.6, red * 0.6, green * 0.6],
        };
        for (var channel = 0; channel < channels; channel++)
            (kernel.select(1, channel) - expected[channel]).abs().max().item<float>().Should().BeLessThan(1e-6f);
        adapted.Forward(torch.zeros(2, channels, 224, 224)).shape.Should().Equal(2, 1000);
    }

    [Fact]
    public void A_model_for_other_channels_is_saved_and_loaded()
    {
        var path = Path.Join(Directory.CreateTempSubdirectory("transferkit-test-").FullName, "grey.tkm");
        using (var model = Backbone.ResNet18().WithInputChannels(1).ReplaceHead(2).Build())
            model.Save(path);
        using var loaded = TransferModel.Load(path, ComputeDevice.Cpu);
        using var logits = loaded.Forward(torch.zeros(1, 1, 64, 64));
        logits.shape.Should().Equal(1, 2);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }
}
