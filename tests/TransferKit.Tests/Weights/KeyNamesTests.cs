using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests.Weights;

public class KeyNamesTests
{
    [Theory]

    // DenseNet of torchvision's published files.
    [InlineData("features.denseblock1.denselayer2.norm.1.weight", "features.denseblock1.denselayer2.norm1.weight")]
    [InlineData("features.denseblock4.denselayer16.conv.2.weight", "features.denseblock4.denselayer16.conv2.weight")]

    // ViT of torchvision's published files.
    [InlineData("encoder.layers.encoder_layer_3.mlp.linear_1.weight", "encoder.layers.encoder_layer_3.mlp.0.weight")]
    [InlineData("encoder.layers.encoder_layer_3.mlp.linear_2.bias", "encoder.layers.encoder_layer_3.mlp.3.bias")]
    [InlineData("trunk_output.block1.block1-0.f.se.0.weight", "trunk_output.block1.block1-0.f.se.fc1.weight")]

    // timm's ViT.
    [InlineData("cls_token", "class_token")]
    [InlineData("pos_embed", "encoder.pos_embedding")]
    [InlineData("patch_embed.proj.weight", "conv_proj.weight")]
    [InlineData("blocks.11.norm1.weight", "encoder.layers.encoder_layer_11.ln_1.weight")]
    [InlineData("blocks.0.attn.qkv.weight", "encoder.layers.encoder_layer_0.self_attention.in_proj_weight")]
    [InlineData("blocks.0.attn.qkv.bias", "encoder.layers.encoder_layer_0.self_attention.in_proj_bias")]
    [InlineData("blocks.0.attn.proj.bias", "encoder.layers.encoder_layer_0.self_attention.out_proj.bias")]
    [InlineData("blocks.0.mlp.fc2.bias", "encoder.layers.encoder_layer_0.mlp.3.bias")]
    [InlineData("norm.weight", "encoder.ln.weight")]
    [InlineData("head.bias", "heads.head.bias")]

    // timm's ConvNeXt.
    [InlineData("stem.1.weight", "features.0.1.weight")]
    [InlineData("stages.1.downsample.0.weight", "features.2.0.weight")]
    [InlineData("stages.3.blocks.2.gamma", "features.7.2.layer_scale")]
    [InlineData("stages.0.blocks.1.conv_dw.weight", "features.1.1.block.0.weight")]
    [InlineData("stages.0.blocks.1.mlp.fc2.weight", "features.1.1.block.5.weight")]
    [InlineData("head.norm.weight", "classifier.0.weight")]

    // timm's EfficientNet and EfficientNetV2.
    [InlineData("conv_stem.weight", "features.0.0.weight")]
    [InlineData("blocks.1.0.conv_pw.weight", "features.2.0.block.0.0.weight")]
    [InlineData("blocks.6.0.se.conv_expand.bias", "features.7.0.block.2.fc2.bias")]
    [InlineData("blocks.1.0.bn3.running_mean", "features.2.0.block.3.1.running_mean")]
    [InlineData("conv_head.weight", "features.8.0.weight")]
    [InlineData("conv_head.weight", "features.7.0.weight")]
    [InlineData("blocks.0.0.conv_pw.weight", "features.1.0.block.2.0.weight")]
    [InlineData("blocks.0.0.se.conv_reduce.weight", "features.1.0.block.1.fc1.weight")]
    [InlineData("blocks.1.2.conv_exp.weight", "features.2.2.block.0.0.weight")]
    [InlineData("blocks.1.2.conv_pwl.weight", "features.2.2.block.1.0.weight")]
    [InlineData("blocks.0.1.conv.weight", "features.1.1.block.0.0.weight")]
    public void A_known_other_name_is_found(string key, string name) => Aligned([key], [name]).Should().Equal(name);

    [Fact]
    public void The_scheme_that_explains_most_keys_wins()
    {
        string[] timm =
        [
            "conv_stem.weight", "blocks.0.0.conv_dw.weight", "blocks.0.0.bn2.bias", "blocks.1.0.bn2.bias", "classifier.bias",
        ];
        string[] names =
        [
            "features.0.0.weight", "features.1.0.block.0.0.weight", "features.1.0.block.2.1.bias", "features.2.0.block.1.1.bias",
            "classifier.1.bias",
        ];

        Aligned(timm, names).Should().Equal(names);
    }

    [Theory]
    [InlineData("module.fc.weight")]
    [InlineData("module._orig_mod.fc.weight")]
    [InlineData("model.fc.weight")]
    [InlineData("module.backbone.fc.weight")]
    [InlineData("net.encoder.fc.weight")]
    public void Prefixes_of_wrappers_are_taken_off(string key) => Aligned([key], ["fc.weight"]).Should().Equal("fc.weight");

    [Theory]
    [InlineData("model.conv.weight, model.fc.weight, criterion.weight")]
    [InlineData("model.conv.weight, model.fc.weight, train_accuracy.tp, val_loss.mean_value")]
    [InlineData("model.conv.weight, model.fc.weight, ema_model.module.conv.weight, ema_model.module.fc.weight")]
    [InlineData("n_averaged, module.conv.weight, module.fc.weight")]
    [InlineData("conv.weight, fc.weight, ema.conv.weight, ema.fc.weight")]
    [InlineData("student.conv.weight, student.fc.weight, teacher.conv.weight, teacher.fc.weight, teacher.layer5.weight")]
    [InlineData("backbone.conv.weight, backbone.fc.weight, decoder.conv.weight, decoder.up.weight")]
    [InlineData("swa_model.conv.weight, swa_model.fc.weight, optimizer_steps")]
    public void A_prefix_is_taken_off_also_where_other_keys_lack_it(string keys) =>
        Aligned(keys.Split(", "), ["conv.weight", "fc.weight"]).Should().BeEquivalentTo("conv.weight", "fc.weight");

    [Fact]
    public void Names_of_other_libraries_are_found_behind_a_prefix_too() =>
        Aligned(["net.cls_token", "net.norm.weight", "net.head.bias", "loss.weight"], ["class_token", "encoder.ln.weight", "heads.head.bias"])
            .Should().Equal("class_token", "encoder.ln.weight", "heads.head.bias");

    [Fact]
    public void Of_networks_that_fit_alike_the_caller_chooses()
    {
        string[] keys = ["module.encoder_q.fc.weight", "module.encoder_k.fc.weight", "module.queue"];

        FluentActions.Invoking(() => Aligned(keys, ["fc.weight"])).Should().Throw<WeightsException>().WithMessage(
            "*holds 2 networks that fit the model, under 'module.encoder_q.', 'module.encoder_k.': say which one with "
            + "Pretrained.FromFile(path, prefix: \"module.encoder_q.\").");
        Aligned(keys, ["fc.weight"], "module.encoder_k.").Should().Equal("fc.weight");
        FluentActions.Invoking(() => Aligned(keys, ["fc.weight"], "encoder.")).Should().Throw<WeightsException>()
            .WithMessage("*no key that begins with 'encoder.'; its keys begin with module.*");
    }

    [Fact]
    public void A_likeness_by_chance_moves_no_key() =>
        Aligned(["block1.conv1.weight", "block2.conv1.weight"], ["conv1.weight", "bn1.weight", "fc.weight"])
            .Should().Equal("block1.conv1.weight", "block2.conv1.weight");

    [Fact]
    public void A_prefix_that_the_model_has_itself_stays() =>
        Aligned(["model.fc.weight"], ["model.fc.weight"]).Should().Equal("model.fc.weight");

    [Fact]
    public void A_common_segment_stays_where_taking_it_off_explains_nothing() =>
        Aligned(["features.a", "features.b"], ["fc.weight"]).Should().Equal("features.a", "features.b");

    [Fact]
    public void Names_that_nothing_explains_stay() => Aligned(["a.b", "c"], ["fc.weight"]).Should().Equal("a.b", "c");

    [Fact]
    public void A_renamed_tensor_may_lack_dimensions_of_length_one()
    {
        using var gamma = arange(3).to(float32);
        using var file = WeightsFile.FromStateDict(new Dictionary<string, Tensor> { ["stages.0.blocks.0.gamma"] = gamma });
        using var weight = new Weight("layer_scale", [3, 1, 1], value => value.fill_(1), isBuffer: false, ScalarType.Float32);
        weight.Allocate(CPU);

        StateDictLoader.Load(file, [("features.1.0.layer_scale", weight)]);

        weight.Value.detach().reshape(-1).data<float>().ToArray().Should().Equal(0, 1, 2);
    }

    private static IEnumerable<string> Aligned(string[] keys, string[] names, string? prefix = null)
    {
        using var one = zeros(1);
        using var file = WeightsFile.FromStateDict(keys.ToDictionary(key => key, _ => one));
        return KeyNames.Align(file, names.ToHashSet(), prefix).Keys.ToList();
    }
}
