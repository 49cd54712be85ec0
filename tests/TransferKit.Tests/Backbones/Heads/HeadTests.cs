using TorchSharp;

namespace TransferKit.Tests.Backbones.Heads;

public class HeadTests
{
    public static TheoryData<string, string> EveryHeadOnEveryFamily()
    {
        var cases = new TheoryData<string, string>();
        foreach (var model in OneOfEachFamily)
            foreach (var head in HeadsByName.Keys)
                cases.Add(model, head);
        return cases;
    }

    private static readonly string[] OneOfEachFamily =
    [
        "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet", "inception_v3", "maxvit_t",
        "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small", "regnet_x_400mf", "regnet_y_400mf", "resnet18", "resnet50",
        "shufflenet_v2_x0_5", "squeezenet1_1", "swin_t", "swin_v2_t", "vgg11", "vgg11_bn", "vit_b_32",
    ];

    private static readonly Dictionary<string, Head> HeadsByName = new()
    {
        ["linear"] = Head.Linear(7),
        ["dropout"] = Head.Dropout(7, 0.3),
        ["mlp"] = Head.Mlp(7, hidden: 16),
        ["concat-pool"] = Head.ConcatPool(7, hidden: 16),
    };

    [Theory]
    [MemberData(nameof(EveryHeadOnEveryFamily))]
    public void A_head_gives_one_score_a_class(string model, string head)
    {
        using var network = Architectures.Create(model, HeadsByName[head]);
        network.OutputShape(new Shape(3, 224, 224)).Should().Be(new Shape(7));
        network.NamedWeights().Should().Contain(found => network.IsInHead(found.Name));
    }

    [Theory]
    [InlineData("resnet50", "fc", 2048)]
    [InlineData("mobilenet_v2", "classifier.1", 1280)]
    public void A_linear_head_keeps_torchvisions_name(string model, string path, long features)
    {
        using var network = Architectures.Create(model, Head.Linear(2));
        network.HeadPaths.Should().Equal(path);
        network.NamedWeights().Single(found => found.Name == path + ".weight").Weight.Shape.Should().Equal(2, features);
    }

    [Theory]
    [InlineData("vit_b_32", 1)]
    [InlineData("timm/vit_small_patch14_reg4_dinov2", 5)]
    public void Class_token_and_the_average_of_patches_stand_side_by_side(string model, int prefix)
    {
        using var network = Architectures.Find(model).Describe(Head.ClassAndPatches(7), imageSize: 64);
        network.Allocate(torch.CPU);
        network.Initialize(_ => true);
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var images = torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64);

        var features = network.Features(images);

        var body = network.Steps.TakeWhile(step => step is not Concat).ToList();
        var tokens = TensorOperations.Forward(body, images);
        var patches = tokens.narrow(1, prefix, tokens.shape[1] - prefix);
        var expected = torch.cat([tokens.select(1, 0), patches.mean([1])], dim: 1);
        (features - expected).abs().max().item<float>().Should().BeLessThan(1e-5f);
        network.Forward(images).shape.Should().Equal(1, 7);
    }

    [Fact]
    public void Class_tokens_of_several_blocks_go_through_the_last_norm_and_keep_their_names()
    {
        var architecture = Architectures.Find("timm/test_vit");
        using var plain = architecture.Describe(Head.ClassAndPatches(7), imageSize: 64);
        using var network = architecture.Describe(Head.ClassAndPatches(7, blocks: 3), imageSize: 64);
        network.NamedWeights().Select(found => found.Name).Should().Equal(plain.NamedWeights().Select(found => found.Name));
        network.Stages().Should().Equal(plain.Stages());
        network.Allocate(torch.CPU);
        network.Initialize(_ => true);
        plain.Allocate(torch.CPU);
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        foreach (var (mine, theirs) in plain.NamedWeights().Zip(network.NamedWeights()).SkipLast(2))
            mine.Weight.Value.copy_(theirs.Weight.Value);
        var images = torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64);

        var features = network.Features(images);

        // Two steps a block, and the norm behind all.
        var body = plain.Steps.TakeWhile(step => step is not Concat).ToList();
        var blocks = Enumerable.Range(0, 3).Reverse()
            .Select(left => TensorOperations.Forward([.. body.SkipLast(1 + 2 * left), body[^1]], images)).ToList();
        var tokens = blocks.Select(block => block.select(1, 0));
        var expected = torch.cat([.. tokens, blocks[^1].narrow(1, 1, blocks[^1].shape[1] - 1).mean([1])], dim: 1);
        (features - expected).abs().max().item<float>().Should().BeLessThan(1e-5f);
        network.Forward(images).shape.Should().Equal(1, 7);
    }

    [Theory]
    [InlineData("timm/test_vit", 99, "*tokens of 99 blocks, and the network has *")]
    [InlineData("vit_b_32", 4, "*the network has no row of blocks with a norm behind it*take Head.ClassAndPatches of one block*")]
    [InlineData("timm/xcit_nano_12_p16_224", 4, "*class token*")]
    public void Class_tokens_of_more_blocks_than_there_are_are_refused(string model, int blocks, string message) => FluentActions
        .Invoking(() => Architectures.Find(model).Describe(Head.ClassAndPatches(7, blocks)))
        .Should().Throw<ArgumentException>().WithMessage(message);

    [Theory]
    [InlineData("resnet18")]
    [InlineData("timm/vit_base_patch32_siglip_256")]
    public void Networks_without_a_class_token_have_no_such_head(string model) => FluentActions
        .Invoking(() => Architectures.Find(model).Describe(Head.ClassAndPatches(7)))
        .Should().Throw<ArgumentException>().WithMessage("*class token and patches, and the network has none: take Head.Linear.*");

    [Fact]
    public void Two_heads_whose_outputs_are_averaged_are_replaced_and_put_into_order_together()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Backbone.Create("levit_128s").ReplaceHead(3).FreezeAll().WithImageSize(64).On(ComputeDevice.Cpu).Build();
        var network = model.Network;
        network.HeadPaths.Should().Equal("head.linear", "head_dist.linear");
        network.NamedWeights().Where(found => found.Weight.IsTrainable).Select(found => found.Name).Should().BeEquivalentTo(
            "head.linear.weight", "head.linear.bias", "head_dist.linear.weight", "head_dist.linear.bias");

        var images = torch.randn(2, 3, 64, 64);
        var before = model.Forward(images);
        network.OrderOutputs([2, 0, 1]);
        (model.Forward(images) - before.index_select(1, torch.tensor(new long[] { 2, 0, 1 }))).abs().max().item<float>()
            .Should().BeLessThan(1e-6f);
        model.ExtractFeatures(images).shape.Should().Equal(2, 384);
    }

    [Fact]
    public void Impossible_heads_are_refused()
    {
        FluentActions.Invoking(() => Head.Linear(0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => Head.Mlp(2, hidden: 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => Head.Dropout(2, 1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => Head.ClassAndPatches(2, blocks: 0)).Should().Throw<ArgumentOutOfRangeException>();
    }
}
