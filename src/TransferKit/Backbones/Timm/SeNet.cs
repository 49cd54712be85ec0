using System.Text.Json.Serialization;
using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// The networks of the paper on squeeze-and-excitation (Hu et al., 2018) as they were in Caffe, timm's class <c>SENet</c>:
/// SENet-154, SE-ResNet and SE-ResNeXt. timm's ResNets of these names take other weights.
/// </summary>
internal static class SeNet
{
    private const int Stages = 4, LastPlanes = 512;

    private const double DropRate = 0.2;

    public static Blueprint Build(SeNetConfig config)
    {
        var channels = config.Inplanes;
        var body = new List<Child>
        {
            ("layer0", Stem(config)), ("pool0", new Pool(PoolKind.Max, new Kernel2d(3, 2, padding: 0), ceiling: true)),
        };
        for (var stage = 0; stage < Stages; stage++)
        {
            var (planes, blocks) = (LastPlanes >> (Stages - 1 - stage), new Layer[config.Layers[stage]]);
            var projection = stage == 0
                ? new Kernel2d(1) : new Kernel2d(config.DownsampleKernelSize, 2, config.DownsamplePadding);
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = Block(config, channels, planes, i == 0 && stage > 0 ? 2 : 1, projection);
                channels = planes * Expansion(config);
            }
            body.Add(($"layer{stage + 1}", Sequential(blocks)));
        }
        return new Blueprint(
            body,
            output =>
            [
                ("global_pool", GlobalAveragePool), Flatten(), Dropout(DropRate), ("last_linear", output.Vector(channels)),
            ]);
    }

    private static int Expansion(SeNetConfig config) => config.Block[0] == SeNetBlock.SEResNetBlock ? 1 : 4;

    private static Layer Stem(SeNetConfig config) => !config.HasDeepStem
        ? Chain(("conv1", Conv(3, config.Inplanes, 7, 2)), ("bn1", BatchNorm(config.Inplanes)), ("relu1", Relu))
        : Chain(
            ("conv1", Conv(3, 64, 3, 2)), ("bn1", BatchNorm(64)), ("relu1", Relu),
            ("conv2", Conv(64, 64, 3)), ("bn2", BatchNorm(64)), ("relu2", Relu),
            ("conv3", Conv(64, config.Inplanes, 3)), ("bn3", BatchNorm(config.Inplanes)), ("relu3", Relu));

    private static Layer Block(SeNetConfig config, int from, int planes, int stride, Kernel2d projection)
    {
        var (to, groups) = (planes * Expansion(config), config.Groups);
        List<Child> main = config.Block[0] switch
        {
            SeNetBlock.SEResNetBlock =>
            [
                ("conv1", Conv(from, planes, 3, stride)), ("bn1", BatchNorm(planes)), Relu,
                ("conv2", Conv(planes, planes, 3, 1, groups)), ("bn2", BatchNorm(planes)), Relu,
            ],
            SeNetBlock.SEBottleneck => Bottleneck(2 * planes, 4 * planes, 1, stride),
            SeNetBlock.SEResNeXtBottleneck => Bottleneck(planes / 16 * groups, planes / 16 * groups, 1, stride),
            _ => Bottleneck(planes, planes, stride, 1),
        };
        main.Add(("se_module", ChannelAttention.SqueezeExcite(to, to / config.Reduction, Initialize.KaimingNormalFanOut)));
        return Residual(
            Chain(main),
            stride == 1 && from == to ? null : ("downsample", Sequential(Conv(from, to, projection), BatchNorm(to))),
            Relu);

        List<Child> Bottleneck(int first, int second, int firstStride, int secondStride) =>
        [
            ("conv1", Conv(from, first, 1, firstStride)), ("bn1", BatchNorm(first)), Relu,
            ("conv2", Conv(first, second, 3, secondStride, groups)), ("bn2", BatchNorm(second)), Relu,
            ("conv3", Conv(second, to, 1)), ("bn3", BatchNorm(to)),
        ];
    }

    private static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        Conv(from, to, new Kernel2d(kernel, stride), groups);

    private static Layer Conv(int from, int to, Kernel2d window, int groups = 1) =>
        new Conv(from, to, window, groups, initializer: Initialize.KaimingNormalFanOut);
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>SENet</c>.</summary>
internal sealed record SeNetConfig
{
    /// <summary>The kind of each stage's blocks: the same for all.</summary>
    public SeNetBlock[] Block { get; set; } = [];

    /// <summary>How many blocks each stage has.</summary>
    public int[] Layers { get; set; } = [];

    /// <summary>Groups of the 3 × 3 convolutions within blocks.</summary>
    public int Groups { get; set; } = 1;

    /// <summary>What squeeze-and-excitation has fewer channels by.</summary>
    public int Reduction { get; set; } = 16;

    /// <summary>Channels of the stem.</summary>
    public int Inplanes { get; set; } = 64;

    /// <summary>Whether the stem has three convolutions of 3 × 3, and not one of 7 × 7.</summary>
    [JsonPropertyName("input_3x3")]
    public bool HasDeepStem { get; set; }

    /// <summary>The kernel of projections from the second stage on.</summary>
    public int DownsampleKernelSize { get; set; } = 1;

    /// <summary>Its padding in pixels.</summary>
    public int DownsamplePadding { get; set; }
}

/// <summary>What a block is.</summary>
internal enum SeNetBlock
{
    /// <summary>Two convolutions of 3 × 3.</summary>
    SEResNetBlock,

    /// <summary>A convolution of 3 × 3 between two of 1 × 1, of which the first strides.</summary>
    SEResNetBottleneck,

    /// <summary>The same with groups, and the stride in the middle.</summary>
    SEResNeXtBottleneck,

    /// <summary>The same, and wider.</summary>
    SEBottleneck,
}
