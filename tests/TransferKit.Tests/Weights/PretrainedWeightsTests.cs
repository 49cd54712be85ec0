using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests;

public class PretrainedWeightsTests
{
    [SkippableTheory]
    [InlineData("squeezenet1_1_imagenet.pth")]
    [InlineData("squeezenet1_1_imagenet_legacy.pth")]
    [InlineData("squeezenet1_1_imagenet_fp16.pth")]
    public void A_model_is_built_from_real_weights_of_every_kind(string name)
    {
        var path = WeightsFixtures.Shared(name);
        Skip.If(path is null, "needs the real weights in ../shared/weights");
        using var scope = NewDisposeScope();
        using var model = Backbone.SqueezeNet1_1(Pretrained.FromFile(path)).On(ComputeDevice.Cpu).Build();
        using var file = WeightsFile.Open(path);

        foreach (var (key, weight) in model.Network.NamedWeights())
        {
            using var values = file.Tensors[key].Read();
            weight.Value.detach().equal(values.to(float32)).all().item<bool>().Should().BeTrue(key);
        }
    }

    [SkippableFact]
    public void A_new_head_starts_afresh_and_everything_else_from_the_file()
    {
        var path = WeightsFixtures.Shared("mobilenet_v2_imagenet.pth");
        Skip.If(path is null, "needs the real weights in ../shared/weights");
        using var scope = NewDisposeScope();
        using var model = Backbone.MobileNetV2(Pretrained.FromFile(path)).ReplaceHead(2).On(ComputeDevice.Cpu).Build();
        using var file = WeightsFile.Open(path);
        var weights = model.Network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value.detach());

        weights["classifier.1.weight"].shape.Should().Equal(2, 1280);
        weights["features.18.0.weight"].equal(file.Tensors["features.18.0.weight"].Read()).all().item<bool>().Should().BeTrue();
    }

    [Fact]
    public void Without_a_new_head_a_file_with_another_number_of_classes_does_not_fit()
    {
        using var folder = new TemporaryFolder();
        using (var source = Backbone.ResNet18().ReplaceHead(7).On(ComputeDevice.Cpu).Build())
        using (var stream = File.Create(folder.File("seven.safetensors")))
            SafeTensorsWriter.Write(stream, source.Network.NamedWeights().Select(found => (found.Name, found.Weight.Value)));
        var weights = Pretrained.FromFile(folder.File("seven.safetensors"));

        FluentActions.Invoking(() => Backbone.ResNet18(weights).On(ComputeDevice.Cpu).Build()).Should().Throw<WeightsException>()
            .Which.MisshapedKeys.Should().BeEquivalentTo("fc.weight", "fc.bias");
        Backbone.ResNet18(weights).ReplaceHead(2).On(ComputeDevice.Cpu).Build().Dispose();
    }

    [Fact]
    public void A_state_dict_in_memory_is_what_the_model_starts_from()
    {
        using var scope = NewDisposeScope();
        using var source = Backbone.SqueezeNet1_1().On(ComputeDevice.Cpu).Build();
        var stateDict = source.Network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value);

        using var model = Backbone.SqueezeNet1_1(Pretrained.FromStateDict(stateDict)).On(ComputeDevice.Cpu).Build();

        foreach (var (key, weight) in model.Network.NamedWeights())
            weight.Value.detach().equal(stateDict[key].detach()).all().item<bool>().Should().BeTrue(key);
    }

    [Fact]
    public void A_name_that_the_model_has_not_is_refused_without_any_download() =>
        FluentActions.Invoking(() => Backbone.ResNet50(Pretrained.Named("IMAGENET21K"))).Should().Throw<ArgumentException>()
            .WithMessage("resnet50 has no weights named 'IMAGENET21K'; it has IMAGENET1K_V1, IMAGENET1K_V2.*");
}
