using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests.Weights;

[Trait("Lane", "Slow")]
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

    [Theory]
    [InlineData("resnet18", "fc")]
    [InlineData("squeezenet1_1", "classifier.1")]
    [InlineData("mobilenet_v3_small", "classifier.3")]
    public void The_head_of_a_file_that_was_trained_further_comes_along(string name, string head)
    {
        using var folder = new TemporaryFolder();
        using var source = Backbone.Create(name).ReplaceHead(7).On(ComputeDevice.Cpu).Build();
        source.ExportStateDict(folder.File("seven.pth"));
        var weights = Pretrained.FromFile(folder.File("seven.pth"));

        foreach (var plan in new[] { Backbone.Create(name, weights), Backbone.Create(name, weights).ReplaceHead(7) })
        {
            using var model = plan.On(ComputeDevice.Cpu).Build();
            Weights(model).Should().BeEquivalentTo(Weights(source));
            model.WeightsReport!.HasHead.Should().BeTrue();
            model.WeightsReport.LeftOut.Should().BeEmpty();
            model.ClassNames.Should().HaveCount(7);
            model.Network.NamedWeights().Where(found => found.Weight.IsTrainable).Select(found => found.Name)
                .Should().Equal($"{head}.weight", $"{head}.bias");
        }

        using var other = Backbone.Create(name, weights).ReplaceHead(2).On(ComputeDevice.Cpu).Build();
        other.WeightsReport!.HasHead.Should().BeFalse();
        other.WeightsReport.LeftOut.Should().Equal($"{head}.weight", $"{head}.bias");
        $"{other.WeightsReport}".Should().EndWith($"seven.pth, without its head; left out: {head}.weight, {head}.bias");
    }

    [Fact]
    public void A_head_of_other_layers_is_named_and_can_be_described()
    {
        using var folder = new TemporaryFolder();
        using var source = Backbone.ResNet18().ReplaceHead(Head.Dropout(3)).On(ComputeDevice.Cpu).Build();
        source.ExportStateDict(folder.File("dropout.pth"));
        var plan = Backbone.ResNet18(Pretrained.FromFile(folder.File("dropout.pth"))).On(ComputeDevice.Cpu);

        plan.Invoking(one => one.Build()).Should().Throw<WeightsException>().WithMessage(
            "*everything fits but the head: fc.weight, fc.bias are missing, or of another shape, and it has fc.1.weight, fc.1.bias. "
            + "Say with ReplaceHead*").Which.MissingKeys.Should().Equal("fc.weight", "fc.bias");

        using var model = plan.ReplaceHead(Head.Dropout(3)).Build();
        model.WeightsReport!.HasHead.Should().BeTrue();
        Weights(model).Should().BeEquivalentTo(Weights(source));
    }

    [Theory]
    [InlineData("squeezenet1_1")]
    [InlineData("resnet18")]
    [InlineData("mobilenet_v3_small")]
    public void Any_head_takes_the_place_of_the_one_in_the_file(string name)
    {
        using var folder = new TemporaryFolder();
        using (var source = Backbone.Create(name).On(ComputeDevice.Cpu).Build())
            source.ExportStateDict(folder.File("w.pth"));
        var plan = Backbone.Create(name, Pretrained.FromFile(folder.File("w.pth"))).On(ComputeDevice.Cpu);
        foreach (var head in new[] { Head.Mlp(2, hidden: 8), Head.Dropout(2), Head.ConcatPool(2, hidden: 8) })
        {
            using var model = plan.ReplaceHead(head).Build();
            model.WeightsReport!.HasHead.Should().BeFalse();
            model.WeightsReport.LeftOut.Should().NotBeEmpty();
        }
    }

    [Fact]
    public void Published_weights_know_ImageNets_classes_and_lend_no_head()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File(KnownWeights.Default("squeezenet1_1").FileName);
        using (var source = Backbone.SqueezeNet1_1().On(ComputeDevice.Cpu).Build())
            source.ExportStateDict(file);
        var plan = Backbone.SqueezeNet1_1(Pretrained.FromFile(file)).On(ComputeDevice.Cpu);

        using var whole = plan.Build();
        whole.ClassNames.Should().BeSameAs(KnownWeights.ClassNames);
        whole.ClassNames[985].Should().Be("daisy");

        using var other = plan.ReplaceHead(1000).Build();
        other.WeightsReport!.HasHead.Should().BeFalse();
        other.ClassNames[985].Should().Be("985");
    }

    [Fact]
    public void What_is_beside_the_network_in_a_file_is_left_out_and_said()
    {
        using var scope = NewDisposeScope();
        using var source = Backbone.SqueezeNet1_1().ReplaceHead(2).On(ComputeDevice.Cpu).Build();
        var lightning = source.Network.NamedWeights().ToDictionary(found => $"model.{found.Name}", found => found.Weight.Value);
        lightning["criterion.weight"] = ones(2);

        using var model = Backbone.SqueezeNet1_1(Pretrained.FromStateDict(lightning)).On(ComputeDevice.Cpu).Build();

        Weights(model).Should().BeEquivalentTo(Weights(source));
        model.WeightsReport!.LeftOut.Should().Equal("criterion.weight");
    }

    [Theory]
    [InlineData(float.NaN, "bn1.running_mean")]
    [InlineData(float.PositiveInfinity, "layer1.0.conv1.weight")]
    [InlineData(float.NegativeInfinity, "fc.bias")]
    public void Values_that_are_no_numbers_are_refused_with_their_key(float value, string key)
    {
        using var folder = new TemporaryFolder();
        using (var source = Backbone.ResNet18().ReplaceHead(2).On(ComputeDevice.Cpu).Build())
        {
            using (no_grad())
            using (var values = source.Network.NamedWeights().Single(found => found.Name == key).Weight.Value.detach())
            using (var part = values.select(0, 0))
                part.fill_(value);
            source.ExportSafeTensors(folder.File("broken.safetensors"));
            source.Save(folder.File("broken.tkm"));
        }

        foreach (var load in new Action[]
        {
            () => Backbone.ResNet18(Pretrained.FromFile(folder.File("broken.safetensors"))).On(ComputeDevice.Cpu).Build(),
            () => TransferModel.Load(folder.File("broken.tkm")),
        })
            load.Should().Throw<WeightsException>().WithMessage($"*broken.*no finite numbers*, in {key}. *diverged*")
                .Which.BrokenKeys.Should().Equal(key);
    }

    [Fact]
    public void Large_numbers_are_numbers()
    {
        using var large = full([4], 3e38f);
        using var file = WeightsFile.FromStateDict(new Dictionary<string, Tensor> { ["b"] = large });
        using var weight = new Weight("b", [4], Initialize.Zeros, isBuffer: false, ScalarType.Float32);
        weight.Allocate(CPU);
        StateDictLoader.Load(file, [("b", weight)]);
        weight.Value.detach().data<float>().Should().OnlyContain(value => value == 3e38f);
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

    private static Dictionary<string, float[]> Weights(TransferModel model) => model.Network.NamedWeights()
        .Where(found => found.Weight.Type == ScalarType.Float32)
        .ToDictionary(found => found.Name, found => found.Weight.Value.detach().contiguous().reshape(-1)[..(int)Math.Min(found.Weight.Count, 8)]
            .data<float>().ToArray());
}
