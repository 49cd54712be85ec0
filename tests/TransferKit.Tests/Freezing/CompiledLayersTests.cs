using TorchSharp;

namespace TransferKit.Tests.Freezing;

[Trait("Lane", "Slow")]
public class CompiledLayersTests
{
    /// <summary>One model of each family, the quickest, at the smallest image that it takes.</summary>
    public static TheoryData<string, int> Families => new()
    {
        { "alexnet", 64 }, { "convnext_tiny", 32 }, { "densenet121", 32 }, { "efficientnet_b0", 32 }, { "efficientnet_v2_s", 32 },
        { "googlenet", 64 }, { "inception_v3", 139 }, { "maxvit_t", 224 }, { "mnasnet0_5", 32 }, { "mobilenet_v2", 32 },
        { "mobilenet_v3_small", 32 }, { "regnet_y_400mf", 32 }, { "resnet18", 32 }, { "shufflenet_v2_x0_5", 32 },
        { "squeezenet1_1", 32 }, { "swin_t", 64 }, { "swin_v2_t", 64 }, { "vgg11_bn", 32 }, { "vit_b_32", 224 },
        { "test_resnet", 32 }, { "res2net50_48w_2s", 32 }, { "resnest14d", 32 }, { "skresnet18", 32 },
        { "legacy_seresnet18", 32 }, { "test_efficientnet", 32 }, { "resnetv2_18d", 32 }, { "regnetz_005", 32 },
        { "test_convnext3", 32 },
        { "test_byobnet", 64 }, { "repvgg_a0", 32 }, { "mobileone_s0", 32 }, { "mobilevit_xxs", 64 }, { "mobilevitv2_050", 128 },
        { "eca_botnext26ts_256", 64 }, { "hgnetv2_b0", 32 }, { "fastvit_mci0", 64 }, { "hiera_tiny_224", 64 }, { "levit_128s", 64 },
        { "levit_conv_128s", 64 }, { "tiny_vit_5m_224", 64 }, { "efficientvit_b0", 32 }, { "efficientvit_m0", 64 },
        { "deit_tiny_distilled_patch16_224", 32 },
        { "test_vit", 64 }, { "test_vit3", 64 }, { "vit_tiny_patch16_dinov3_qkvb", 64 }, { "eva02_tiny_patch14_224", 56 },
        { "resmlp_12_224", 48 }, { "gmlp_ti16_224", 48 }, { "poolformer_s12", 64 }, { "caformer_s18", 32 },
        { "xcit_nano_12_p16_224", 48 }, { "swinv2_cr_tiny_ns_224", 64 }, { "maxxvit_rmlp_nano_rw_256", 64 },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public void Compiled_layers_compute_what_the_network_computes(string name, int size)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Built(Backbone.Create(name).ReplaceHead(10).WithImageSize(size).WithPrecision(Precision.Float32));
        var images = torch.randn(1, 3, size, size);
        var expected = model.Forward(images);
        RelativeError(Compiled(model, images), expected).Should().BeLessThan(1e-5);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Sixteen_bits_stay_close(string name, int size)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Built(Backbone.Create(name).ReplaceHead(10).WithImageSize(size).WithPrecision(Precision.BFloat16));
        var images = torch.randn(3, 3, size, size);
        var expected = model.Forward(images);
        var compiled = Compiled(model, images);
        compiled.dtype.Should().Be(torch.ScalarType.Float32);
        // Its linear attention sums over all tokens: layer by layer in 16 bits, it loses 0.026.
        RelativeError(compiled, expected).Should().BeLessThan(name == "mobilevitv2_050" ? 0.025 : 0.02);
    }

    [Theory]
    [InlineData("mobilenet_v2", true)]
    [InlineData("efficientnet_b0", true)]
    [InlineData("resnet50", false)]
    [InlineData("regnet_y_400mf", false)]
    [InlineData("convnext_tiny", false)]
    public void Networks_that_sixteen_bits_cost_accuracy_compute_in_float32_by_themselves(string name, bool needsPrecision)
    {
        using var network = Backbone.Create(name).ReplaceHead(2).Describe();
        network.NeedsPrecision.Should().Be(needsPrecision);
    }

    [Fact]
    public void What_is_asked_for_is_computed_in_also_where_it_costs_accuracy()
    {
        Precision.Auto.Resolve(torch.CPU, needsPrecision: true).Should().Be(torch.ScalarType.Float32);
        Precision.BFloat16.Resolve(torch.CPU, needsPrecision: true).Should().Be(torch.ScalarType.BFloat16);
    }

    [Fact]
    public void Batch_norms_are_folded_and_the_network_keeps_its_own()
    {
        using var model = Built(Backbone.ResNet18().ReplaceHead(2).WithPrecision(Precision.Float32));
        var before = model.Network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value.clone());
        using var images = model.Live.PrepareInput(torch.randn(2, 3, 32, 32));
        using (var layers = new CompiledLayers(model.Live, model.Network.Steps.Count))
            layers.Run(images).Dispose();
        using (var twin = model.Plan.Describe())
        {
            twin.Allocate(torch.CPU);
            CompiledLayers.Fold(twin.Steps);
            twin.NamedWeights().Should().Contain(found => found.Name == "conv1.bias").And.Contain(
                found => found.Name == "layer4.1.conv2.bias", "the convolutions have taken in what shifts");
        }
        foreach (var (name, weight) in model.Network.NamedWeights())
            weight.Value.equal(before[name]).all().item<bool>().Should().BeTrue(name);
        model.Network.NamedWeights().Should().Contain(found => found.Name == "bn1.weight");
    }

    [Fact]
    public void Batches_of_any_size_give_the_same_rows()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Built(Backbone.SqueezeNet1_1().ReplaceHead(3).WithPrecision(Precision.Float32));
        using var layers = new CompiledLayers(model.Live, model.Network.Steps.Count);
        var images = model.Live.PrepareInput(torch.randn(19, 3, 32, 32));
        var all = layers.Run(images);
        all.shape.Should().Equal(19, 3);
        for (var i = 0; i < 19; i++)
            RelativeError(layers.Run(images.narrow(0, i, 1)), all.narrow(0, i, 1)).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void A_block_in_front_adds_the_images_and_leaves_them_as_they_are()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Built(Backbone.Custom("front", () => new Blueprint(
            [("block", Layers.Residual(Layers.Sequential(Layers.Conv(3, 3, 3), Layers.BatchNorm(3)), then: Layers.Relu))],
            output => [Layers.GlobalAveragePool, Layers.Flatten(), ("fc", output.Vector(3))])).WithPrecision(Precision.Float32));
        using var layers = new CompiledLayers(model.Live, model.Network.Steps.Count);
        var images = model.Live.PrepareInput(torch.randn(2, 3, 32, 32));
        var before = images.clone();
        RelativeError(layers.Run(images), model.Forward(images)).Should().BeLessThan(1e-5);
        images.equal(before).all().item<bool>().Should().BeTrue();
    }

    [Fact]
    public void A_custom_head_runs_as_it_is()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Built(Backbone.ResNet18()
            .ReplaceHead(Head.Custom(2, features => torch.nn.Linear(features, 2))).WithPrecision(Precision.Float32));
        var images = torch.randn(2, 3, 32, 32);
        RelativeError(Compiled(model, images), model.Forward(images)).Should().BeLessThan(1e-5);
    }

    /// <summary>A model whose batch norms and scales have something to fold.</summary>
    private static TransferModel Built(TransferPlan plan)
    {
        torch.manual_seed(0);
        var model = plan.On(ComputeDevice.Cpu).Build();
        using var noGradient = torch.no_grad();
        foreach (var (name, weight) in model.Network.NamedWeights())
        {
            if (name.EndsWith("running_mean"))
                weight.Value.normal_(0, 0.1);
            else if (name.EndsWith("running_var") || name.Contains(".gamma"))
                weight.Value.uniform_(0.5, 1.5);
            else if (weight.Shape.Count == 1 && name.EndsWith("bias"))
                weight.Value.normal_(0, 0.1);
        }
        return model;
    }

    private static torch.Tensor Compiled(TransferModel model, torch.Tensor images)
    {
        using var layers = new CompiledLayers(model.Live, model.Network.Steps.Count);
        return layers.Run(model.Live.PrepareInput(images).to_type(model.Live.ComputeType));
    }

    private static double RelativeError(torch.Tensor actual, torch.Tensor expected)
    {
        using var difference = actual.to_type(torch.ScalarType.Float32) - expected;
        return difference.norm().item<float>() / expected.norm().item<float>();
    }
}
