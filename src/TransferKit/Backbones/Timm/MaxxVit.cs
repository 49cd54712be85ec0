using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// MaxViT (Tu et al., 2022) and CoAtNet (Dai et al., 2021), which put convolutions in front of attention, and timm's MaxxViT,
/// whose convolutions are ConvNeXt's. They are built for images of one size, a multiple of 32 px.
/// </summary>
internal sealed class MaxxVit
{
    private const int Reduction = 32, HeadFeatures = 32, Expansion = 4;
    private const double PositionDropout = 0.125;

    private readonly MaxxVitConfig _config;
    private readonly MaxxVitConvConfig _conv;
    private readonly MaxxVitTransformerConfig _transformer;
    private readonly int _size;
    private readonly Initializer _matrices, _perceptronBiases;
    private readonly Dictionary<int, Lazy<long[]>> _rows = [];

    private MaxxVit(MaxxVitConfig config, int size)
    {
        (_config, _conv, _transformer, _size) = (config, config.ConvCfg, config.TransformerCfg, size);
        (_matrices, _perceptronBiases) = config.WeightInit == MaxxVitStart.Normal
            ? (Initialize.Normal(0.02), Initialize.Zeros)
            : (Initialize.XavierUniform, Initialize.Normal(1e-6));
    }

    public static Blueprint Build(MaxxVitArguments arguments, int? imageSize)
    {
        var size = imageSize ?? arguments.ImgSize;
        return size > 0 && size % Reduction == 0
            ? new MaxxVit(arguments.Cfg, size).Build() : throw new ArgumentException(
                $"The network takes images whose sides are multiples of {Reduction} px, and not {size} px.", nameof(imageSize));
    }

    private Blueprint Build()
    {
        var (first, channels, bias) = (_config.StemWidth[0], _config.StemWidth[^1], _config.StemBias);
        var stem = Chain(
            ("conv1", Conv(3, first, 3, 2, bias: bias)), ("norm1", NormAct(first)),
            ("conv2", Conv(first, channels, 3, bias: bias)));
        var stages = new Layer[_config.Depths.Length];
        for (var stage = 0; stage < stages.Length; stage++)
        {
            var (width, side, blocks) = (_config.EmbedDim[stage], _size >> (stage + 2), new Layer[_config.Depths[stage]]);
            for (var i = 0; i < blocks.Length; i++)
            {
                var stride = i == 0 ? 2 : 1;
                blocks[i] = _config.BlockType[stage] switch
                {
                    MaxxVitBlock.C => Convolve(channels, width, stride, isAlone: true),
                    MaxxVitBlock.T => Transform(channels, width, stride, side),
                    _ => Chain(
                        ("conv", Convolve(channels, width, stride)),
                        ("attn_block", _transformer.NoBlockAttn ? new Identity() : Attend(PartitionKind.Window, width)),
                        ("attn_grid", Attend(PartitionKind.Grid, width))),
                };
                channels = width;
            }
            stages[stage] = Chain(("blocks", Sequential(blocks)));
        }
        return new Blueprint(
            [
                ("stem", stem), ("stages", Sequential(stages)),
                ("norm", _config.HeadHiddenSize is null ? TransformerNorm(channels) : new Identity()),
            ],
            output =>
            [
                ("head", _config.HeadHiddenSize is { } hidden
                    ? Chain(GlobalAveragePool, ("norm", TransformerNorm(channels)), Flatten(),
                        ("pre_logits", Chain(("fc", Linear(channels, hidden)), Tanh)), ("fc", output.Vector(hidden)))
                    : Chain(GlobalAveragePool, Flatten(), ("fc", output.Vector(channels)))),
            ],
            Trunk: "stages")
        { ImageSize = _size };
    }

    private Layer Convolve(int from, int to, int stride, bool isAlone = false) =>
        _conv.BlockType == MaxxVitConv.ConvNext ? ConvNext(from, to, stride, isAlone) : MobileConv(from, to, stride);

    private Layer MobileConv(int from, int to, int stride)
    {
        var hidden = ChannelCount.Round(Expansion * (_conv.ExpandOutput ? to : from));
        var pools = stride > 1 && _conv.StrideMode == MaxxVitStride.Pool;
        Child squeeze = ("se", ChannelAttention.SqueezeExcite(hidden, (int)(_conv.AttnRatio * (_conv.ExpandOutput ? to : hidden)),
            Kernels(1), Initialize.Zeros, _conv.AttnActLayer.ToLayer()));
        Child norm = ("norm2", NormAct(hidden));
        return Residual(
            Chain([
                ("pre_norm", _conv.PreNormAct ? NormAct(from) : ConvNorm(from)), pools ? AveragePool(2, 2) : new Identity(),
                ("conv1_1x1", Conv(from, hidden, 1)), ("norm1", NormAct(hidden)),
                ("conv2_kxk", Conv(hidden, hidden, 3, pools ? 1 : stride, hidden)),
                .. _conv.AttnEarly ? new[] { squeeze with { Name = "se_early" }, norm } : [norm, squeeze],
                ("conv3_1x1", Conv(hidden, to, 1, bias: _conv.OutputBias)),
            ]),
            stride == 1 ? null : Shortcut(from, to, _conv.PoolType, Conv(from, to, 1, bias: _conv.OutputBias)));
    }

    /// <summary>A block of ConvNeXt; with no transformer behind it, it starts as PyTorch's default.</summary>
    private Layer ConvNext(int from, int to, int stride, bool isAlone)
    {
        return Residual(
            Chain(
                ("conv_dw", Convolution(from, to, new Kernel2d(7, stride), from)), ("norm", ConvNorm(to)),
                ("mlp", Chain(
                    ("fc1", Convolution(to, Expansion * to, new Kernel2d(1))), _conv.ActLayer.ToLayer(),
                    ("fc2", Convolution(Expansion * to, to, new Kernel2d(1))))),
                ("ls", LayerScale.OfVector(to, _conv.InitValues))),
            stride == 1 ? null : Shortcut(from, to, MaxxVitPool.Avg2, Convolution(from, to, new Kernel2d(1))));

        Layer Convolution(int inputs, int outputs, Kernel2d window, int groups = 1) => new Conv(
            inputs, outputs, window, groups, true, isAlone ? null : Kernels(groups), isAlone ? null : Initialize.Zeros);
    }

    /// <summary>A transformer's block over the whole map, which may halve it first.</summary>
    private Layer Transform(int from, int to, int stride, int side)
    {
        var width = _transformer.ExpandFirst ? to : from;
        var attention = Chain(
            ("qkv", TransformerConv(from, 3 * width)), new PixelTokens(Attention(width, side, headsFirst: true)),
            ("proj", TransformerConv(width, to)));
        var norm = stride == 1 ? TransformerNorm(from) : Chain(("norm", TransformerNorm(from)), Pool(_transformer.PoolType));
        var mlp = Chain(
            ("fc1", TransformerConv(to, Expansion * to, _perceptronBiases)), _transformer.ActLayer.ToLayer(),
            ("fc2", TransformerConv(Expansion * to, to, _perceptronBiases)));
        return Chain(
            Residual(
                Chain(("norm1", norm), ("attn", attention), ("ls1", Scale())),
                stride == 1 ? null : Shortcut(from, to, _transformer.PoolType, new Conv(
                    from, to, new Kernel2d(1), 1, _transformer.ShortcutBias, _matrices, Initialize.Zeros))),
            Residual(Chain(("norm2", TransformerNorm(to)), ("mlp", mlp), ("ls2", Scale()))));

        Layer Scale() => _transformer.InitValues is { } start ? LayerScale.OfVector(to, start) : new Identity();
    }

    /// <summary>A transformer's block within windows, or over a grid.</summary>
    private Layer Attend(PartitionKind kind, int width)
    {
        var side = _size / Reduction;
        var attention = Chain(
            ("qkv", Dense(width, 3 * width)), Attention(width, side, _transformer.HeadFirst), ("proj", Dense(width, width)));
        var mlp = Chain(
            ("fc1", Dense(width, Expansion * width, _perceptronBiases)), _transformer.ActLayer.ToLayer(),
            ("fc2", Dense(Expansion * width, width, _perceptronBiases)));
        return new Partition(kind, side,
            Residual(Chain(("norm1", LayerNorm(width, _transformer.NormEps)), ("attn", attention), ("ls1", Scale()))),
            Residual(Chain(("norm2", LayerNorm(width, _transformer.NormEps)), ("mlp", mlp), ("ls2", Scale()))));

        Layer Scale() => _transformer.InitValues is { } start ? new FeatureScale(width, start) : new Identity();
    }

    /// <summary>Attention among <c>side × side</c> pixels, of what the projection in front of it gives.</summary>
    private GroupAttention Attention(int width, int side, bool headsFirst) =>
        new(width, width / HeadFeatures, side * side, Bias(side, width / HeadFeatures), "rel_pos") { HeadsFirst = headsFirst };

    private PositionBias Bias(int side, int heads)
    {
        if (!_rows.TryGetValue(side, out var rows))
            _rows[side] = rows = new Lazy<long[]>(() => RelativePosition.Rows(side));
        if (_transformer.RelPosType != MaxxVitPosition.Mlp)
            return _transformer.RelPosType == MaxxVitPosition.Bias
                ? new RelativeTableBias(side, heads, rows) : new GridTableBias(side, heads, rows);
        var (first, last) = RelativePerceptronBias.Perceptron(_transformer.RelPosDim, heads, true, _matrices, _perceptronBiases);
        return new RelativePerceptronBias(side, reference: null,
            ("mlp", Chain(("fc1", first), Relu, Dropout(PositionDropout), ("fc2", last))), rows);
    }

    /// <summary>What a block's output is added to where it halves the map.</summary>
    private static Child? Shortcut(int from, int to, MaxxVitPool pool, Layer expand) =>
        new("shortcut", Chain(Pool(pool), ("expand", from == to ? new Identity() : expand)));

    private static Layer Pool(MaxxVitPool kind) => kind == MaxxVitPool.Max ? MaxPool(3, 2, padding: 1) : AveragePool(2, 2);

    private Layer NormAct(int channels) => Chain(ConvNorm(channels), _conv.ActLayer.ToLayer());

    private Layer ConvNorm(int channels) => Norm(_conv.NormLayer, channels, _conv.NormEps);

    private Layer TransformerNorm(int channels) => Norm(_transformer.NormLayer, channels, _transformer.NormEps);

    private static Layer Norm(MaxxVitNorm kind, int channels, double epsilon) => kind == MaxxVitNorm.BatchNorm2d
        ? BatchNorm(channels, epsilon) : LayerNorm2d(channels, epsilon);

    private Layer Dense(int from, int to, Initializer? bias = null) =>
        Linear(from, to, true, _matrices, bias ?? Initialize.Zeros);

    private Layer TransformerConv(int from, int to, Initializer? bias = null) =>
        new Conv(from, to, new Kernel2d(1), 1, true, _matrices, bias ?? Initialize.Zeros);

    private Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1, bool bias = false)
    {
        var window = new Kernel2d(kernel, stride, _conv.Padding == MaxxVitPadding.Same ? 0 : null);
        var convolution = new Conv(from, to, window, groups, bias, Kernels(groups), Initialize.Zeros);
        return _conv.Padding == MaxxVitPadding.Same ? Chain(new SamePadding(window), convolution) : convolution;
    }

    /// <summary>Kernels of convolutions start from the fan-out, as EfficientNet's.</summary>
    private Initializer Kernels(int groups) => _config.WeightInit == MaxxVitStart.Normal ? _matrices : kernel =>
        kernel.normal_(0, Math.Sqrt(2.0 * groups * kernel.shape[1] / kernel.numel()));
}
