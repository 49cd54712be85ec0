using System.Text.Json.Serialization;
using static TransferKit.Layers;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// MetaFormer (Yu et al., 2022, 2024): blocks of a mixer of pixels and a perceptron. PoolFormer mixes by pooling, ConvFormer by
/// convolution, CAFormer by convolution first and by attention later.
/// </summary>
internal sealed class MetaFormer
{
    private const double Epsilon = 1e-6;
    private const int Expansion = 4, HeadFeatures = 32;

    private readonly MetaFormerConfig _config;

    private MetaFormer(MetaFormerConfig config) => _config = config;

    public static Blueprint Build(MetaFormerConfig config) => new MetaFormer(config).Build();

    private Blueprint Build()
    {
        var channels = _config.Dims[0];
        Child stem = ("stem", Chain(
            ("conv", Conv(3, channels, new Kernel2d(7, stride: 4, padding: 2), bias: true)), ("norm", NormBetween(channels))));
        var stages = new Layer[_config.Depths.Length];
        for (var stage = 0; stage < stages.Length; stage++)
        {
            var (width, number) = (_config.Dims[stage], stage);
            Child blocks = ("blocks", Sequential([.. Enumerable.Range(0, _config.Depths[stage]).Select(_ => Block(number))]));
            stages[stage] = Chain(
                ("downsample", channels == width ? new Identity() : Chain(
                    ("norm", NormBetween(channels)), ("conv", Conv(channels, width, new Kernel2d(3, stride: 2), bias: true)))),
                HasTokens(stage) ? new PixelTokens(Chain(blocks)) : blocks);
            channels = width;
        }
        return new Blueprint(
            [stem, ("stages", Sequential(stages))],
            output =>
            [
                ("head", Chain(
                    ("global_pool", GlobalAveragePool), Flatten(), ("norm", LayerNorm(channels, Epsilon)),
                    ("fc", _config.UseMlpHead ? MlpHead(output, channels) : output.Vector(channels, Dense)))),
            ],
            Trunk: "stages");

        static Layer Dense(int from, int to) => Projection(from, to);

        static Layer MlpHead(HeadSlot output, int channels)
        {
            var hidden = Expansion * channels;
            return Chain(
                ("fc1", Dense(channels, hidden)), new Activation(ActivationFunction.SquaredRelu),
                ("norm", LayerNorm(hidden, Epsilon)), ("fc2", output.Vector(hidden, Dense)));
        }
    }

    private Layer Block(int stage)
    {
        var (width, hidden, bias) = (_config.Dims[stage], Expansion * _config.Dims[stage], _config.MlpBias);
        var perceptron = Chain(
            ("fc1", Dense(stage, width, hidden, bias)),
            ("act", _config.MlpAct == MetaFormerActivation.StarReLU ? StarRelu() : Gelu),
            ("fc2", Dense(stage, hidden, width, bias)));
        return Chain(Part(stage, 1, ("token_mixer", Mixer(stage))), Part(stage, 2, ("mlp", perceptron)));
    }

    /// <summary>A layer behind a norm, added to its input; both may be scaled.</summary>
    private Layer Part(int stage, int number, Child layer)
    {
        return Residual(
            Chain(($"norm{number}", Norm(Of(_config.NormLayers, stage), _config.Dims[stage])), layer,
                ($"layer_scale{number}", Scale(_config.LayerScaleInitValues))),
            ($"res_scale{number}", Scale(_config.ResScaleInitValues?[stage])));

        Layer Scale(double? start)
        {
            var width = _config.Dims[stage];
            if (start is not { } value)
                return new Identity();
            return HasTokens(stage) ? new FeatureScale(width, value, "scale") : LayerScale.OfVector(width, value, "scale");
        }
    }

    private Layer Mixer(int stage)
    {
        var width = _config.Dims[stage];
        return Of(_config.TokenMixers, stage) switch
        {
            TokenMixer.Pooling => new NeighborAverage(isRelative: true),
            TokenMixer.SepConv => SeparableConv(width),
            _ => new Attention(width, width / HeadFeatures,
                ("qkv", Projection(width, 3 * width, bias: false)), ("proj", Projection(width, width, bias: false))),
        };
    }

    private static Layer SeparableConv(int width) => Chain(
        ("pwconv1", Conv(width, 2 * width, new Kernel2d(1))), ("act1", StarRelu()),
        ("dwconv", Conv(2 * width, 2 * width, new Kernel2d(7), groups: 2 * width)),
        ("pwconv2", Conv(2 * width, width, new Kernel2d(1))));

    /// <summary>s · max(x, 0)² + b, with two numbers that are learned (Yu et al., 2024).</summary>
    private static Layer StarRelu() => Chain(new Activation(ActivationFunction.SquaredRelu), new Affine("scale", "bias", 1));

    private bool HasTokens(int stage) => Of(_config.TokenMixers, stage) == TokenMixer.Attention;

    private static T Of<T>(T[] choices, int stage) => choices.Length == 1 ? choices[0] : choices[stage];

    private Layer NormBetween(int channels) => _config.DownsampleNorm is { } norm ? Norm(norm, channels) : new Identity();

    private static Layer Norm(MetaFormerNorm kind, int channels) => kind switch
    {
        MetaFormerNorm.GroupNorm1 => new GroupNorm(channels, groups: 1),
        MetaFormerNorm.GroupNorm1NoBias => new GroupNorm(channels, groups: 1, Epsilon, bias: false),
        MetaFormerNorm.LayerNormNoBias => new LayerNorm(channels, Epsilon, bias: false),
        _ => LayerNorm2d(channels, Epsilon, bias: false),
    };

    private Layer Dense(int stage, int from, int to, bool bias) =>
        HasTokens(stage) ? Projection(from, to, bias) : Conv(from, to, new Kernel2d(1), 1, bias);

    private static Layer Conv(int from, int to, Kernel2d window, int groups = 1, bool bias = false) =>
        Layers.Conv(from, to, window, groups, bias, Start, Initialize.Zeros);
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>MetaFormer</c>.</summary>
internal sealed record MetaFormerConfig
{
    /// <summary>Blocks of each stage.</summary>
    public int[] Depths { get; set; } = [2, 2, 6, 2];

    /// <summary>Channels of each stage.</summary>
    public int[] Dims { get; set; } = [64, 128, 320, 512];

    /// <summary>What mixes pixels, in all stages or in each.</summary>
    [JsonConverter(typeof(OneOrMany<TokenMixer>))]
    public TokenMixer[] TokenMixers { get; set; } = [TokenMixer.Pooling];

    public MetaFormerActivation MlpAct { get; set; }

    /// <summary>Whether the perceptrons' layers have biases.</summary>
    public bool MlpBias { get; set; }

    /// <summary>What the factors of what is added start from; null: there are none.</summary>
    public double? LayerScaleInitValues { get; set; }

    /// <summary>What the factors of what it is added to start from, in each stage; null: there are none.</summary>
    public double?[]? ResScaleInitValues { get; set; } = [null, null, 1, 1];

    /// <summary>The norm in stem and between stages; null: none.</summary>
    public MetaFormerNorm? DownsampleNorm { get; set; } = MetaFormerNorm.LayerNorm2dNoBias;

    /// <summary>The norms of blocks, in all stages or in each.</summary>
    [JsonConverter(typeof(OneOrMany<MetaFormerNorm>))]
    public MetaFormerNorm[] NormLayers { get; set; } = [MetaFormerNorm.LayerNorm2dNoBias];

    /// <summary>Whether the classifier has a hidden layer.</summary>
    public bool UseMlpHead { get; set; } = true;
}

/// <summary>What mixes the pixels of a map.</summary>
internal enum TokenMixer
{
    Pooling,

    SepConv,

    Attention,
}

internal enum MetaFormerActivation
{
    StarReLU,

    Gelu,
}

/// <summary>A norm; those without a bias multiply alone.</summary>
internal enum MetaFormerNorm
{
    LayerNorm2dNoBias,

    LayerNormNoBias,

    GroupNorm1,

    GroupNorm1NoBias,
}
