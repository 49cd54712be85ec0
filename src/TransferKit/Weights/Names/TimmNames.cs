namespace TransferKit;

/// <summary>
/// What timm calls the tensors of the networks that torchvision has too, where it isn't the same: the other names of ResNet,
/// DenseNet and Inception V3 are equal. Read either way, they bring timm's files into torchvision's models and back.
/// </summary>
internal static class TimmNames
{
    /// <summary>One table for each family, or for each count of its stages where names depend on that.</summary>
    public static IReadOnlyList<NameTable> All { get; } =
    [
        VisionTransformer, ConvNeXt, RegNet, Vgg, Swin, SwinV2, MnasNet, MobileNetV2,
        MobileNetV3([1, 2, 3, 4, 2, 3], squeezing: [2, 4, 5]), MobileNetV3([1, 2, 3, 2, 3], squeezing: [0, 2, 3, 4]),
        // Stages that are fused, and the number of torchvision's last convolution.
        EfficientNet(fused: 0, last: 8), EfficientNet(fused: 3, last: 7), EfficientNet(fused: 3, last: 8),
    ];

    private static NameTable VisionTransformer
    {
        get
        {
            const string block = "encoder.layers.encoder_layer_#";
            return new(
                new("cls_token", "class_token"),
                new("pos_embed", "encoder.pos_embedding"),
                new("patch_embed.proj", "conv_proj"),
                new("blocks.#.norm1", $"{block}.ln_1"),
                new("blocks.#.norm2", $"{block}.ln_2"),
                new("blocks.#.attn.qkv.weight", $"{block}.self_attention.in_proj_weight"),
                new("blocks.#.attn.qkv.bias", $"{block}.self_attention.in_proj_bias"),
                new("blocks.#.attn.proj", $"{block}.self_attention.out_proj"),
                new("blocks.#.mlp.fc1", $"{block}.mlp.0"),
                new("blocks.#.mlp.fc2", $"{block}.mlp.3"),
                new("norm", "encoder.ln"),
                new("head", "heads.head"));
        }
    }

    // torchvision numbers stages and what reduces the map between them together.
    private static NameTable ConvNeXt => new(
        new("stem.#", "features.0.#"),
        new("stages.#.downsample.#", "features.(2#).#"),
        new("stages.#.blocks.#.gamma", "features.(2#+1).#.layer_scale"),
        new("stages.#.blocks.#.conv_dw", "features.(2#+1).#.block.0"),
        new("stages.#.blocks.#.norm", "features.(2#+1).#.block.2"),
        new("stages.#.blocks.#.mlp.fc1", "features.(2#+1).#.block.3"),
        new("stages.#.blocks.#.mlp.fc2", "features.(2#+1).#.block.5"),
        new("head.norm", "classifier.0"),
        new("head.fc", "classifier.2"));

    private static NameTable Swin => new([.. SwinBlocks, new("layers.#.blocks.#.attn", "features.(2#+1).#.attn")]);

    // timm keeps the biases of queries and values apart; keys have none, for which torchvision has zeros.
    private static NameTable SwinV2 => new(
    [
        new("layers.#.blocks.#.attn.q_bias", "features.(2#+1).#.attn.qkv.bias") { Part = 0, Parts = 3, PadsWithZeros = true },
        new("layers.#.blocks.#.attn.v_bias", "features.(2#+1).#.attn.qkv.bias") { Part = 2, Parts = 3, PadsWithZeros = true },
        .. SwinBlocks,
        new("layers.#.blocks.#.attn", "features.(2#+1).#.attn"),
    ]);

    private static IEnumerable<TensorNames> SwinBlocks =>
    [
        new("patch_embed.proj", "features.0.0"),
        new("patch_embed.norm", "features.0.2"),
        new("layers.#.downsample.reduction", "features.(2#).reduction"),
        new("layers.#.downsample.norm", "features.(2#).norm"),
        new("layers.#.blocks.#.norm1", "features.(2#+1).#.norm1"),
        new("layers.#.blocks.#.norm2", "features.(2#+1).#.norm2"),
        new("layers.#.blocks.#.mlp.fc1", "features.(2#+1).#.mlp.0"),
        new("layers.#.blocks.#.mlp.fc2", "features.(2#+1).#.mlp.3"),
        new("head.fc", "head"),
    ];

    private static NameTable RegNet => new(
    [
        new("stem.conv", "stem.0"),
        new("stem.bn", "stem.1"),
        .. Enumerable.Range(1, 4).SelectMany(
            stage => RegNetStage($"s{stage}.b(#+1)", $"trunk_output.block{stage}.block{stage}-#")),
        new("head.fc", "fc"),
    ]);

    private static IEnumerable<TensorNames> RegNetStage(string theirs, string ours) =>
    [
        .. ConvNorm($"{theirs}.conv1.conv", $"{theirs}.conv1.bn", $"{ours}.f.a"),
        .. ConvNorm($"{theirs}.conv2.conv", $"{theirs}.conv2.bn", $"{ours}.f.b"),
        .. ConvNorm($"{theirs}.conv3.conv", $"{theirs}.conv3.bn", $"{ours}.f.c"),
        .. ConvNorm($"{theirs}.downsample.conv", $"{theirs}.downsample.bn", $"{ours}.proj"),
        new($"{theirs}.se", $"{ours}.f.se"),
    ];

    // timm has the first two layers of the classifier as convolutions, of as many weights.
    private static NameTable Vgg => new(
        new("pre_logits.fc1", "classifier.0"), new("pre_logits.fc2", "classifier.3"), new("head.fc", "classifier.6"));

    private static NameTable MnasNet => new(
        new("conv_stem", "layers.0"), new("bn1", "layers.1"),
        new("blocks.0.0.conv_dw", "layers.3"), new("blocks.0.0.bn1", "layers.4"),
        new("blocks.0.0.conv_pw", "layers.6"), new("blocks.0.0.bn2", "layers.7"),
        new("blocks.#.#.conv_pw", "layers.(#+7).#.layers.0"), new("blocks.#.#.bn1", "layers.(#+7).#.layers.1"),
        new("blocks.#.#.conv_dw", "layers.(#+7).#.layers.3"), new("blocks.#.#.bn2", "layers.(#+7).#.layers.4"),
        new("blocks.#.#.conv_pwl", "layers.(#+7).#.layers.6"), new("blocks.#.#.bn3", "layers.(#+7).#.layers.7"),
        new("conv_head", "layers.14"), new("bn2", "layers.15"), new("classifier", "classifier.1"));

    private static NameTable MobileNetV2 => new(
    [
        .. ConvNorm("conv_stem", "bn1", "features.0"),
        .. ConvNorm("blocks.0.0.conv_dw", "blocks.0.0.bn1", "features.1.conv.0"),
        new("blocks.0.0.conv_pw", "features.1.conv.1"), new("blocks.0.0.bn2", "features.1.conv.2"),
        .. Blocks([1, 2, 3, 4, 3, 3, 1]).Skip(1).SelectMany(block => (IEnumerable<TensorNames>)
        [
            .. ConvNorm($"{block.Theirs}.conv_pw", $"{block.Theirs}.bn1", $"{block.Ours}.conv.0"),
            .. ConvNorm($"{block.Theirs}.conv_dw", $"{block.Theirs}.bn2", $"{block.Ours}.conv.1"),
            new($"{block.Theirs}.conv_pwl", $"{block.Ours}.conv.2"), new($"{block.Theirs}.bn3", $"{block.Ours}.conv.3"),
        ]),
        .. ConvNorm("conv_head", "bn2", "features.18"),
        new("classifier", "classifier.1"),
    ]);

    private static NameTable MobileNetV3(int[] depths, int[] squeezing) => new(
    [
        .. ConvNorm("conv_stem", "bn1", "features.0"),
        .. Blocks(depths).SelectMany(block => block.Stage == 0
            ? Separable(block.Theirs, $"{block.Ours}.block", squeezing.Contains(0))
            : Inverted(block.Theirs, $"{block.Ours}.block", squeezing.Contains(block.Stage))),
        .. ConvNorm($"blocks.{depths.Length}.0.conv", $"blocks.{depths.Length}.0.bn1", $"features.{depths.Sum() + 1}"),
        new("conv_head", "classifier.0"),
        new("classifier", "classifier.3"),
    ]);

    /// <summary>EfficientNet, whose first stage doesn't expand channels.</summary>
    /// <param name="fused">The stages in which one full convolution expands and filters; V1 has none.</param>
    /// <param name="last">The number of torchvision's last convolution.</param>
    private static NameTable EfficientNet(int fused, int last) => new(
    [
        .. ConvNorm("conv_stem", "bn1", "features.0"),
        .. fused == 0 ? Separable("blocks.0.#", "features.1.#.block", squeezes: true)
            : ConvNorm("blocks.0.#.conv", "blocks.0.#.bn1", "features.1.#.block.0"),
        .. Enumerable.Range(1, Math.Max(0, fused - 1)).SelectMany(stage => (IEnumerable<TensorNames>)
        [
            .. ConvNorm($"blocks.{stage}.#.conv_exp", $"blocks.{stage}.#.bn1", $"features.{stage + 1}.#.block.0"),
            .. ConvNorm($"blocks.{stage}.#.conv_pwl", $"blocks.{stage}.#.bn2", $"features.{stage + 1}.#.block.1"),
        ]),
        .. Inverted("blocks.#.#", "features.(#+1).#.block", squeezes: true),
        .. ConvNorm("conv_head", "bn2", $"features.{last}"),
        new("classifier", "classifier.1"),
    ]);

    /// <summary>Blocks that torchvision numbers across stages, from 1 on.</summary>
    private static IEnumerable<(int Stage, string Theirs, string Ours)> Blocks(int[] depths) => depths
        .SelectMany((depth, stage) => Enumerable.Range(0, depth).Select(i => (Stage: stage, Theirs: $"blocks.{stage}.{i}")))
        .Select((block, i) => (block.Stage, block.Theirs, $"features.{i + 1}"));

    /// <summary>A depthwise convolution, maybe a gate, and a projection.</summary>
    private static IEnumerable<TensorNames> Separable(string theirs, string ours, bool squeezes) =>
    [
        .. ConvNorm($"{theirs}.conv_dw", $"{theirs}.bn1", $"{ours}.0"),
        .. squeezes ? Gate(theirs, $"{ours}.1") : [],
        .. ConvNorm($"{theirs}.conv_pw", $"{theirs}.bn2", $"{ours}.{(squeezes ? 2 : 1)}"),
    ];

    /// <summary>An expansion, a depthwise convolution, maybe a gate, and a projection.</summary>
    private static IEnumerable<TensorNames> Inverted(string theirs, string ours, bool squeezes) =>
    [
        .. ConvNorm($"{theirs}.conv_pw", $"{theirs}.bn1", $"{ours}.0"),
        .. ConvNorm($"{theirs}.conv_dw", $"{theirs}.bn2", $"{ours}.1"),
        .. squeezes ? Gate(theirs, $"{ours}.2") : [],
        .. ConvNorm($"{theirs}.conv_pwl", $"{theirs}.bn3", $"{ours}.{(squeezes ? 3 : 2)}"),
    ];

    private static IEnumerable<TensorNames> Gate(string theirs, string ours) =>
        [new($"{theirs}.se.conv_reduce", $"{ours}.fc1"), new($"{theirs}.se.conv_expand", $"{ours}.fc2")];

    /// <summary>A convolution and its norm, which torchvision has as the layers 0 and 1 of a sequence.</summary>
    private static IEnumerable<TensorNames> ConvNorm(string conv, string norm, string ours) =>
        [new(conv, $"{ours}.0"), new(norm, $"{ours}.1")];
}
