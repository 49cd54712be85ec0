using TransferKit.Timm;
using static TransferKit.Layers;

namespace TransferKit;

/// <summary>
/// ResNet (He et al., 2016; with the stride in the 3 × 3 convolution, as torchvision has it), and what became of it: ResNeXt (Xie
/// et al., 2017), Wide ResNet (Zagoruyko and Komodakis, 2016), SE-ResNet (Hu et al., 2018), ResNet-B to -E and -T (He et al.,
/// 2019), with efficient channel attention (Wang et al., 2020) or blurred strides (Zhang, 2019), ResNet-RS (Bello et al., 2021),
/// and by <see cref="ResNetPaths"/> Res2Net, ResNeSt and SKNet.
/// </summary>
internal static class ResNet
{
    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("resnet18", () => Basic(2, 2, 2, 2)),
        new("resnet34", () => Basic(3, 4, 6, 3)),
        new("resnet50", () => Bottleneck([3, 4, 6, 3])),
        new("resnet101", () => Bottleneck([3, 4, 23, 3])),
        new("resnet152", () => Bottleneck([3, 8, 36, 3])),
        new("resnext50_32x4d", () => Bottleneck([3, 4, 6, 3], groups: 32, widthPerGroup: 4)),
        new("resnext101_32x8d", () => Bottleneck([3, 4, 23, 3], groups: 32, widthPerGroup: 8)),
        new("resnext101_64x4d", () => Bottleneck([3, 4, 23, 3], groups: 64, widthPerGroup: 4)),
        new("wide_resnet50_2", () => Bottleneck([3, 4, 6, 3], widthPerGroup: 128)),
        new("wide_resnet101_2", () => Bottleneck([3, 4, 23, 3], widthPerGroup: 128)),
    ];

    /// <summary>
    /// Of nine basic blocks, with three in the last stage: 20 layers with weights. The network of the package
    /// <c>TransferKit.Weights.ResNet20</c>; that of the same name for CIFAR-10 is another, of a quarter of the width.
    /// </summary>
    public static NamedBlueprint ResNet20 { get; } = new("resnet20", () => Basic(2, 2, 2, 3));

    private static Blueprint Basic(params int[] depths) => Build(new ResNetConfig
    {
        Block = [.. depths.Select(_ => ResNetBlock.BasicBlock)], Layers = depths, ZeroInitLast = false,
    });

    private static Blueprint Bottleneck(int[] depths, int groups = 1, int widthPerGroup = 64) => Build(new ResNetConfig
    {
        Block = [.. depths.Select(_ => ResNetBlock.Bottleneck)], Layers = depths, ZeroInitLast = false,
        Cardinality = groups, BaseWidth = widthPerGroup,
    });

    public static Blueprint Build(ResNetConfig config)
    {
        var isDeep = config.StemType.Length > 0;
        var channels = isDeep ? 2 * config.StemWidth : 64;
        var body = new List<Child>
        {
            ("conv1", isDeep ? DeepStem(config, channels) : Conv(3, channels, 7, 2)),
            ("bn1", Norm(config, channels)), ("relu", Relu),
            ("maxpool", StemPool(config, channels)),
        };
        for (var stage = 0; stage < config.Layers.Length; stage++)
        {
            var blocks = new Layer[config.Layers[stage]];
            for (var i = 0; i < blocks.Length; i++)
            {
                var planes = config.Channels[stage];
                blocks[i] = Block(config, config.Block[stage], channels, planes, stride: i == 0 && stage > 0 ? 2 : 1);
                channels = planes * Expansion(config.Block[stage]);
            }
            body.Add(($"layer{stage + 1}", Sequential(blocks)));
        }
        return new Blueprint(body, output => [("avgpool", GlobalAveragePool), Flatten(), ("fc", output.Vector(channels))]);
    }

    private static int Expansion(ResNetBlock block) =>
        block is ResNetBlock.BasicBlock or ResNetBlock.SelectiveKernelBasic ? 1 : 4;

    private static Layer DeepStem(ResNetConfig config, int channels)
    {
        var (first, second) = (config.StemType == "deep_tiered" ? 3 * (config.StemWidth / 4) : config.StemWidth,
            config.StemWidth);
        return Sequential(
            Conv(3, first, 3, 2), Norm(config, first), Relu, Conv(first, second, 3), Norm(config, second), Relu,
            Conv(second, channels, 3));
    }

    private static Layer StemPool(ResNetConfig config, int channels) => (config.ReplaceStemPool, config.AaLayer) switch
    {
        (true, null) => Sequential(Conv(channels, channels, 3, 2), Norm(config, channels), Relu),
        (true, _) => Sequential(Conv(channels, channels, 3), Reduce(config, 2), Norm(config, channels), Relu),
        (_, null) => MaxPool(3, 2, padding: 1),
        (_, AntiAliasing.AvgPool2d) => AveragePool(2, 2),
        _ => Sequential(MaxPool(3, 1, padding: 1), Reduce(config, 2)),
    };

    private static Layer Block(ResNetConfig config, ResNetBlock kind, int from, int planes, int stride)
    {
        var to = planes * Expansion(kind);
        List<Child> main = kind switch
        {
            ResNetBlock.BasicBlock => BasicPath(config, from, planes, stride),
            ResNetBlock.Bottleneck => BottleneckPath(config, from, planes, stride),
            ResNetBlock.Bottle2neck => ResNetPaths.Res2Net(config, from, planes, stride),
            ResNetBlock.ResNestBottleneck => ResNetPaths.ResNeSt(config, from, planes, stride),
            ResNetBlock.SelectiveKernelBasic => ResNetPaths.SelectiveKernelBasic(config, from, planes, stride),
            _ => ResNetPaths.SelectiveKernelBottleneck(config, from, planes, stride),
        };
        if (config.BlockArgs.AttnLayer is { } attention)
            main.Add(("se", Attention(attention, to)));
        return Residual(
            main: Chain(main),
            skip: stride == 1 && from == to ? null : ("downsample", Projection(config, from, to, stride)),
            then: Relu);
    }

    private static List<Child> BasicPath(ResNetConfig config, int from, int planes, int stride)
    {
        var first = planes / config.BlockReduceFirst;
        return
        [
            ("conv1", Conv(from, first, 3, config.AaLayer is null ? stride : 1)), ("bn1", Norm(config, first)), ("relu", Relu),
            Reduce(config, stride),
            ("conv2", Conv(first, planes, 3)), ("bn2", Norm(config, planes, isLast: true)),
        ];
    }

    private static List<Child> BottleneckPath(ResNetConfig config, int from, int planes, int stride)
    {
        var width = Width(config, planes);
        var first = width / config.BlockReduceFirst;
        return
        [
            ("conv1", Conv(from, first, 1)), ("bn1", Norm(config, first)), ("relu", Relu),
            ("conv2", Conv(first, width, 3, config.AaLayer is null ? stride : 1, config.Cardinality)),
            ("bn2", Norm(config, width)), Relu, Reduce(config, stride),
            ("conv3", Conv(width, 4 * planes, 1)), ("bn3", Norm(config, 4 * planes, isLast: true)),
        ];
    }

    /// <summary>Channels of a bottleneck's 3 × 3 convolution.</summary>
    public static int Width(ResNetConfig config, int planes) => planes * config.BaseWidth / 64 * config.Cardinality;

    private static Layer Projection(ResNetConfig config, int from, int to, int stride)
    {
        if (!config.AvgDown)
            return Sequential(Conv(from, to, stride == 1 ? 1 : config.DownKernelSize, stride), Norm(config, to));
        Layer pool = stride == 1 ? new Identity() : AveragePool(2, stride, ceiling: true);
        return Sequential(pool, Conv(from, to, 1), Norm(config, to));
    }

    /// <summary>Takes every other pixel of a map once it is blurred, where the convolution in front didn't stride.</summary>
    private static Layer Reduce(ResNetConfig config, int stride) => (stride, config.AaLayer) switch
    {
        (1, _) or (_, null) => new Identity(),
        (_, AntiAliasing.AvgPool2d) => AveragePool(stride, stride),
        _ => new BlurPool(stride),
    };

    private static Layer Attention(LayerChoice choice, int channels)
    {
        if (choice.Name == "eca")
            return ChannelAttention.Efficient(channels);
        return ChannelAttention.SqueezeExcite(
            channels, ChannelCount.Round(channels * (choice.RdRatio ?? 1 / 16.0), least: 0), Initialize.KaimingNormalFanOut);
    }

    public static Layer Norm(ResNetConfig config, int channels, bool isLast = false)
    {
        var scale = isLast && config.ZeroInitLast ? Initialize.Zeros : Initialize.Ones;
        return config.NormLayer == "groupnorm" ? new GroupNorm(channels, 32, scale: scale) : BatchNorm(channels, scale: scale);
    }

    public static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        new Conv(from, to, new Kernel2d(kernel, stride), groups, initializer: Initialize.KaimingNormalFanOut);
}
