using System.Text.Json.Serialization;

namespace TransferKit.Timm;

internal sealed record ByobNetArguments
{
    /// <summary>Height and width of the images in pixels, where attention pools.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int ImgSize { get; set; } = 224;

    public ByobNetConfig Cfg { get; set; } = new();
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>ByoModelCfg</c>.</summary>
internal sealed record ByobNetConfig
{
    /// <summary>The blocks of each stage.</summary>
    [JsonConverter(typeof(StagesReader))]
    public ByobBlock[][] Blocks { get; set; } = [];

    /// <summary>How a shortcut changes the shape: <c>conv1x1</c>, <c>avg</c>; empty: there is none then.</summary>
    public string Downsample { get; set; } = "conv1x1";

    /// <summary>
    /// <c>3x3</c> or empty, <c>7x7</c>: convolutions of the stem's channels; <c>tiered</c>, <c>quad</c>, <c>quad2</c>: three or
    /// four, of growing width; <c>rep</c>, <c>one</c>: a block of RepVGG or MobileOne.
    /// </summary>
    public string StemType { get; set; } = "3x3";

    /// <summary>How the stem pools, <c>maxpool</c> or <c>avg2</c>; null or empty: it doesn't.</summary>
    public string? StemPool { get; set; } = "maxpool";

    [JsonConverter(typeof(OneOrMany<int>))]
    public int[] StemChs { get; set; } = [32];

    /// <summary>What all channels are multiplied by.</summary>
    public double WidthFactor { get; set; } = 1;

    /// <summary>Channels of a last convolution; 0: there is none.</summary>
    public int NumFeatures { get; set; }

    public ConvActivation ActLayer { get; set; } = ConvActivation.Relu;

    /// <summary>What reduces the map where convolutions stride otherwise; null: they do.</summary>
    public ByobAntiAliasing? AaLayer { get; set; }

    public ByobHead HeadType { get; set; }

    /// <summary>What weighs the channels; null: nothing.</summary>
    public ByobAttention? AttnLayer { get; set; }

    public ByobAttentionArguments AttnKwargs { get; set; } = new();

    /// <summary>How pixels attend to each other in blocks of that type that don't say; null: in none.</summary>
    public ByobSelfAttention? SelfAttnLayer { get; set; }

    public ByobSelfAttentionArguments SelfAttnKwargs { get; set; } = new();

    /// <summary>Whether timm's network is built for images of one size.</summary>
    public bool FixedInputSize { get; set; }

    /// <summary>Options of blocks that have none of their own.</summary>
    public ByobBlockArguments BlockKwargs { get; set; } = new();
}

/// <summary>A run of equal blocks.</summary>
internal sealed record ByobBlock
{
    public ByobBlockType Type { get; set; }

    /// <summary>How many there are.</summary>
    public int D { get; set; } = 1;

    /// <summary>Output channels.</summary>
    public double C { get; set; }

    /// <summary>The stride of a stage's first block.</summary>
    public int S { get; set; } = 2;

    /// <summary>Channels of a group; null, 0: all.</summary>
    public int? Gs { get; set; }

    /// <summary>Inner channels, relative to the outer ones.</summary>
    public double Br { get; set; } = 1;

    /// <summary>What weighs the channels; null: what does in the network.</summary>
    public ByobAttention? AttnLayer { get; set; }

    /// <summary>How pixels attend to each other; null: as in the network.</summary>
    public ByobSelfAttention? SelfAttnLayer { get; set; }

    public ByobSelfAttentionArguments? SelfAttnKwargs { get; set; }

    public ByobBlockArguments? BlockKwargs { get; set; }

    [JsonIgnore]
    public bool IsMobileVit => Type is ByobBlockType.Mobilevit or ByobBlockType.Mobilevit2;

    public int Groups(int channels) => Gs is > 0 and var size ? channels / size : 1;
}

internal enum ByobBlockType
{
    /// <summary>Two convolutions of 3 × 3.</summary>
    Basic,

    /// <summary>A convolution of 3 × 3 between two of 1 × 1.</summary>
    Bottle,

    /// <summary>A convolution of 1 × 1, and one of 3 × 3.</summary>
    Dark,

    /// <summary>A convolution of 3 × 3, and one of 1 × 1.</summary>
    Edge,

    /// <summary>Attention of pixels between two convolutions of 1 × 1.</summary>
    [JsonStringEnumMemberName("self_attn")]
    SelfAttn,

    /// <summary>RepVGG's.</summary>
    Rep,

    /// <summary>MobileOne's.</summary>
    One,

    /// <summary>MobileViT's.</summary>
    Mobilevit,

    /// <summary>MobileViT V2's.</summary>
    Mobilevit2,
}
