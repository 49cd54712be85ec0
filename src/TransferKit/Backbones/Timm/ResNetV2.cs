using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// ResNet with norms in front of the convolutions (He et al., 2016b), and BiT's with group norms and standardized kernels
/// (Kolesnikov et al., 2020).
/// </summary>
internal sealed class ResNetV2
{
    private readonly ResNetV2Config _config;

    private ResNetV2(ResNetV2Config config) => _config = config;

    public static Blueprint Build(ResNetV2Config config) => new ResNetV2(config).Build();

    private Blueprint Build()
    {
        var channels = ChannelCount.Round(64 * _config.WidthFactor);
        var stem = Stem(channels);
        var stages = new Layer[_config.Layers.Length];
        for (var stage = 0; stage < stages.Length; stage++)
        {
            var width = ChannelCount.Round(_config.Channels[stage] * _config.WidthFactor);
            var blocks = new Layer[_config.Layers[stage]];
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = Block(channels, width, stride: i == 0 && stage > 0 ? 2 : 1, isFirst: i == 0);
                channels = width;
            }
            stages[stage] = Chain(("blocks", Sequential(blocks)));
        }
        return new Blueprint(
            [("stem", stem), ("stages", Sequential(stages)), ("norm", Norm(channels)), Relu],
            output => [("head", output.IsLinear
                ? Chain(GlobalAveragePool, ("fc", output.Map(channels, Initialize.Normal(0.01))), Flatten())
                : Chain(GlobalAveragePool, Flatten(), ("fc", output.Vector(channels))))],
            Trunk: "stages");
    }

    private Layer Block(int from, int to, int stride, bool isFirst)
    {
        Child norm = ("norm1", Norm(from));
        var main = Main(from, to, stride);
        // What is projected has been normalized; what is handed on hasn't.
        return isFirst && (!_config.Basic || stride > 1 || from != to)
            ? Chain(norm, Relu, Residual(main, ("downsample", Projection(from, to, stride))))
            : Residual(Chain(norm, Relu, main));
    }

    private Layer Stem(int channels)
    {
        if (_config.StemType is ResNetV2Stem.Plain)
            return Chain(("conv", Conv(3, channels, 7, 2)), ("pool", MaxPool(3, 2, padding: 1)));
        // The zeros around it may be the maximum.
        if (_config.StemType is ResNetV2Stem.Fixed)
            return Chain(("conv", Conv(3, channels, 7, 2)), new ZeroPadding(1), ("pool", MaxPool(3, 2)));
        var (first, second) = (_config.StemType is ResNetV2Stem.Tiered ? 3 * channels / 8 : channels / 2, channels / 2);
        return Chain(
            ("conv1", Conv(3, first, 3, 2)), ("norm1", Norm(first)), Relu,
            ("conv2", Conv(first, second, 3)), ("norm2", Norm(second)), Relu,
            ("conv3", Conv(second, channels, 3)), ("pool", MaxPool(3, 2, padding: 1)));
    }

    private Layer Main(int from, int to, int stride)
    {
        var hidden = ChannelCount.Round(to * _config.BottleRatio);
        return _config.Basic
            ? Chain(("conv1", Conv(from, hidden, 3, stride)), ("norm2", Norm(hidden)), Relu, ("conv2", Conv(hidden, to, 3)))
            : Chain(
                ("conv1", Conv(from, hidden, 1)), ("norm2", Norm(hidden)), Relu,
                ("conv2", Conv(hidden, hidden, 3, stride)), ("norm3", Norm(hidden)), Relu,
                ("conv3", Conv(hidden, to, 1)));
    }

    private Layer Projection(int from, int to, int stride)
    {
        if (!_config.AvgDown)
            return Chain(("conv", Conv(from, to, 1, stride)));
        Layer pool = stride == 1 ? new Identity() : AveragePool(2, stride, ceiling: true);
        return Chain(pool, ("conv", Conv(from, to, 1)));
    }

    private Layer Norm(int channels) =>
        _config.NormLayer == ResNetV2Norm.BatchNormAct2d ? BatchNorm(channels) : new GroupNorm(channels, 32);

    private Layer Conv(int from, int to, int kernel, int stride = 1)
    {
        var (window, start) = (new Kernel2d(kernel, stride), Initialize.KaimingNormalFanOut);
        return _config.ConvLayer is { Name: "StdConv2d", Eps: var epsilon }
            ? new StandardizedConv(from, to, window, epsilon ?? 1e-6, start)
            : Layers.Conv(from, to, window, initializer: start);
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>ResNetV2</c>.</summary>
internal sealed record ResNetV2Config
{
    /// <summary>Blocks of each stage.</summary>
    public int[] Layers { get; set; } = [];

    /// <summary>Channels of each stage.</summary>
    public int[] Channels { get; set; } = [256, 512, 1024, 2048];

    /// <summary>What all channels are multiplied by.</summary>
    public int WidthFactor { get; set; } = 1;

    /// <summary>A bottleneck's width, relative to its output.</summary>
    public double BottleRatio { get; set; } = 0.25;

    /// <summary>Whether blocks are of two convolutions of 3 × 3.</summary>
    public bool Basic { get; set; }

    public ResNetV2Stem StemType { get; set; } = ResNetV2Stem.Plain;

    /// <summary>Whether projections average pixels instead of leaving some out.</summary>
    public bool AvgDown { get; set; }

    public ResNetV2Norm NormLayer { get; set; } = ResNetV2Norm.GroupNormAct;

    /// <summary>Standardized or plain convolutions.</summary>
    public LayerChoice ConvLayer { get; set; } = new("StdConv2d");
}

internal enum ResNetV2Stem
{
    /// <summary>One convolution of 7 × 7.</summary>
    Plain,

    /// <summary>So, with zeros around the map that is pooled.</summary>
    Fixed,

    /// <summary>Three convolutions of 3 × 3.</summary>
    Deep,

    /// <summary>So, of growing width.</summary>
    Tiered,
}

internal enum ResNetV2Norm
{
    GroupNormAct,
    BatchNormAct2d,
}
