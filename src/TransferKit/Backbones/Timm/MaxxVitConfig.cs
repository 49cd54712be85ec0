using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>The arguments of timm's class <c>MaxxVit</c>.</summary>
internal sealed record MaxxVitArguments
{
    /// <summary>Height and width of the images in pixels.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int ImgSize { get; set; } = 224;

    public MaxxVitConfig Cfg { get; set; } = new();
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>MaxxVitCfg</c>.</summary>
internal sealed record MaxxVitConfig
{
    /// <summary>Channels of each stage.</summary>
    public int[] EmbedDim { get; set; } = [96, 192, 384, 768];

    /// <summary>Blocks of each stage.</summary>
    public int[] Depths { get; set; } = [2, 3, 5, 2];

    /// <summary>Each stage's kind of block.</summary>
    public MaxxVitBlock[] BlockType { get; set; } = [MaxxVitBlock.C, MaxxVitBlock.C, MaxxVitBlock.T, MaxxVitBlock.T];

    /// <summary>Channels of the first two convolutions.</summary>
    [JsonConverter(typeof(OneOrMany<int>))]
    public int[] StemWidth { get; set; } = [64];

    /// <summary>Whether those have biases.</summary>
    public bool StemBias { get; set; }

    public MaxxVitConvConfig ConvCfg { get; set; } = new();

    public MaxxVitTransformerConfig TransformerCfg { get; set; } = new();

    /// <summary>Units of a layer in front of the last; null: there is none.</summary>
    public int? HeadHiddenSize { get; set; }

    public MaxxVitStart WeightInit { get; set; }
}

internal enum MaxxVitBlock
{
    /// <summary>Convolution.</summary>
    C,

    /// <summary>Transformer over the whole map.</summary>
    T,

    /// <summary>Convolution, then transformers within windows and over a grid.</summary>
    M,
}

/// <summary>How weights start.</summary>
internal enum MaxxVitStart
{
    /// <summary>Those of transformers as in ViT, those of convolutions as in EfficientNet.</summary>
    [JsonStringEnumMemberName("vit_eff")]
    VitEff,

    /// <summary>All from one normal distribution.</summary>
    Normal,
}

/// <summary>The blocks of convolutions, in the words of timm's class <c>MaxxVitConvCfg</c>.</summary>
internal sealed record MaxxVitConvConfig
{
    public MaxxVitConv BlockType { get; set; }

    /// <summary>Whether a block's inner width follows from its output, and not from its input.</summary>
    public bool ExpandOutput { get; set; } = true;

    /// <summary>Whether there is an activation behind the first norm.</summary>
    public bool PreNormAct { get; set; }

    /// <summary>Whether shortcut and last convolution have biases.</summary>
    public bool OutputBias { get; set; } = true;

    public MaxxVitStride StrideMode { get; set; }

    /// <summary>How shortcuts halve the map.</summary>
    public MaxxVitPool PoolType { get; set; }

    /// <summary>How maps are padded; null: on both sides alike.</summary>
    public MaxxVitPadding? Padding { get; set; }

    /// <summary>Whether squeeze-and-excitation stands in front of the norm.</summary>
    public bool AttnEarly { get; set; }

    /// <summary>The activation within it.</summary>
    public ConvActivation AttnActLayer { get; set; } = ConvActivation.Silu;

    /// <summary>Squeezed channels, relative to a block's output or inner width.</summary>
    public double AttnRatio { get; set; } = 0.25;

    /// <summary>What ConvNeXt's layer scales start from.</summary>
    public double InitValues { get; set; } = 1e-6;

    public ConvActivation ActLayer { get; set; } = ConvActivation.Gelu;

    public MaxxVitNorm NormLayer { get; set; } = MaxxVitNorm.BatchNorm2d;

    /// <summary>The norm where channels are last, of which there is one in transformers alone.</summary>
    public MaxxVitNorm? NormLayerCl { get; set; }

    public double NormEps { get; set; } = 1e-5;
}

internal enum MaxxVitConv
{
    MbConv,

    ConvNext,
}

/// <summary>What halves a map within a block.</summary>
internal enum MaxxVitStride
{
    /// <summary>The depthwise convolution.</summary>
    Dw,

    Pool,
}

internal enum MaxxVitPool
{
    /// <summary>The average of 2 × 2 px.</summary>
    Avg2,

    /// <summary>The maximum of 3 × 3 px.</summary>
    Max,
}

internal enum MaxxVitPadding
{
    /// <summary>As TensorFlow does.</summary>
    Same,
}

internal enum MaxxVitNorm
{
    BatchNorm2d,

    LayerNorm2d,

    LayerNorm,
}

/// <summary>The transformers, in the words of timm's class <c>MaxxVitTransformerCfg</c>.</summary>
internal sealed record MaxxVitTransformerConfig
{
    /// <summary>Whether a head's queries, keys and values lie side by side, in blocks with windows.</summary>
    public bool HeadFirst { get; set; } = true;

    /// <summary>Whether the projection to queries, keys and values widens the map, and not that behind the attention.</summary>
    public bool ExpandFirst { get; set; } = true;

    public bool ShortcutBias { get; set; } = true;

    /// <summary>How a map is halved.</summary>
    public MaxxVitPool PoolType { get; set; }

    public MaxxVitPosition RelPosType { get; set; }

    /// <summary>Units of the networks that make biases of positions.</summary>
    public int RelPosDim { get; set; } = 512;

    /// <summary>Whether there is attention over the grid alone.</summary>
    public bool NoBlockAttn { get; set; }

    /// <summary>What layer scales start from; null: there are none.</summary>
    public double? InitValues { get; set; }

    public ConvActivation ActLayer { get; set; } = ConvActivation.Gelu;

    public MaxxVitNorm NormLayer { get; set; } = MaxxVitNorm.LayerNorm2d;

    public double NormEps { get; set; } = 1e-6;
}

/// <summary>What attention knows of positions.</summary>
internal enum MaxxVitPosition
{
    /// <summary>A bias for each offset.</summary>
    Bias,

    /// <summary>The same, in TensorFlow's layout.</summary>
    [JsonStringEnumMemberName("bias_tf")]
    BiasTf,

    /// <summary>A bias that a small network makes of the offset.</summary>
    Mlp,
}
