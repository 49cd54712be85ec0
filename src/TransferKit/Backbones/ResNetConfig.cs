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
    public bool ZeroInitLast { get; set; } = true;
}

/// <param name="AttnLayer">What weighs the channels at a block's end: <c>se</c>, <c>eca</c>; null: nothing.</param>
/// <param name="Scale">Parts of the channels that Res2Net convolves one after the other.</param>
/// <param name="Radix">Maps that ResNeSt averages by attention.</param>
/// <param name="Avd">Whether ResNeSt averages pixels instead of striding.</param>
/// <param name="AvdFirst">Whether it does so in front of the 3 × 3 convolution.</param>
/// <param name="SkKwargs">What SKNet's convolutions are like; null: the usual.</param>
internal sealed record ResNetBlockArguments(
    LayerChoice? AttnLayer = null, int Scale = 4, int Radix = 1, bool Avd = false, bool AvdFirst = false,
    SelectiveKernelArguments? SkKwargs = null);

/// <param name="RdRatio">Channels that the attention squeezes to, relative to the map's.</param>
/// <param name="RdDivisor">What these are a multiple of.</param>
/// <param name="SplitInput">Whether each kernel has a part of the channels, and not all.</param>
internal sealed record SelectiveKernelArguments(double RdRatio = 1 / 16.0, int RdDivisor = 8, bool SplitInput = true);

/// <summary>What a block of a ResNet is.</summary>
internal enum ResNetBlock
{
    /// <summary>Two convolutions of 3 × 3.</summary>
    BasicBlock,

    /// <summary>A convolution of 3 × 3 between two of 1 × 1.</summary>
    Bottleneck,

    /// <summary>Res2Net's: of 3 × 3 several, one after the other.</summary>
    Bottle2neck,

    /// <summary>ResNeSt's: of 3 × 3 several side by side, averaged by attention.</summary>
    ResNestBottleneck,

    /// <summary>SKNet's: kernels of two sizes, averaged by attention, and a convolution of 3 × 3.</summary>
    SelectiveKernelBasic,

    /// <summary>SKNet's: kernels of two sizes, averaged by attention, between two convolutions of 1 × 1.</summary>
    SelectiveKernelBottleneck,
}

/// <summary>What blurs a map before pixels are left out.</summary>
internal enum AntiAliasing
{
    /// <summary>The mean of each 2 × 2 pixels.</summary>
    AvgPool2d,

    /// <summary>A binomial kernel (Zhang, 2019).</summary>
    BlurPool2d,
}
