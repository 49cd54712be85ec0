using System.Text.Json.Serialization;
using TransferKit.Timm;

namespace TransferKit;

/// <summary>What differs among networks of the family, in the words of timm's class <c>ResNet</c>.</summary>
internal sealed record ResNetConfig
{
    /// <summary>The kind of each stage's blocks.</summary>
    public ResNetBlock[] Block { get; set; } = [];

    /// <summary>How many blocks each stage has.</summary>
    public int[] Layers { get; set; } = [];

    /// <summary>Channels of each stage, before a bottleneck's expansion.</summary>
    public int[] Channels { get; set; } = [64, 128, 256, 512];

    /// <summary>Groups of a bottleneck's 3 × 3 convolution.</summary>
    public int Cardinality { get; set; } = 1;

    /// <summary>A bottleneck's width for each 64 channels and each group.</summary>
    public int BaseWidth { get; set; } = 64;

    /// <summary>Empty: one convolution of 7 × 7; <c>deep</c>, <c>deep_tiered</c>: three of 3 × 3.</summary>
    public string StemType { get; set; } = "";

    /// <summary>Channels of a deep stem's first convolutions.</summary>
    public int StemWidth { get; set; } = 64;

    /// <summary>Whether a convolution takes the place of the stem's pooling.</summary>
    public bool ReplaceStemPool { get; set; }

    /// <summary>What a block's first convolution has fewer channels by.</summary>
    public int BlockReduceFirst { get; set; } = 1;

    /// <summary>The kernel of projections that stride.</summary>
    public int DownKernelSize { get; set; } = 1;

    /// <summary>Whether projections average pixels instead of leaving some out.</summary>
    public bool AvgDown { get; set; }

    /// <summary>What reduces the map where convolutions stride otherwise; null: they do.</summary>
    public AntiAliasing? AaLayer { get; set; }

    /// <summary><c>groupnorm</c>; null: batch norms.</summary>
    public string? NormLayer { get; set; }

    public ResNetBlockArguments BlockArgs { get; set; } = new();

    /// <summary>Whether blocks begin as the identity: the last norm's scale is zero. torchvision's don't.</summary>
    [JsonIgnore]
    public bool ZeroInitLast { get; init; } = true;
}

/// <param name="AttnLayer">What weighs the channels at a block's end: <c>se</c>, <c>eca</c>; null: nothing.</param>
internal sealed record ResNetBlockArguments(LayerChoice? AttnLayer = null);

/// <summary>What a block of a ResNet is.</summary>
internal enum ResNetBlock
{
    /// <summary>Two convolutions of 3 × 3.</summary>
    BasicBlock,

    /// <summary>A convolution of 3 × 3 between two of 1 × 1.</summary>
    Bottleneck,
}

/// <summary>What blurs a map before pixels are left out.</summary>
internal enum AntiAliasing
{
    /// <summary>The mean of each 2 × 2 pixels.</summary>
    AvgPool2d,

    /// <summary>A binomial kernel (Zhang, 2019).</summary>
    BlurPool2d,
}
