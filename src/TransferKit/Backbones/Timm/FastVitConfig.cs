using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>What differs among networks of the family, in the words of timm's class <c>FastVit</c>.</summary>
internal sealed record FastVitConfig
{
    /// <summary>What all layer scales start from.</summary>
    public const double LayerScaleStart = 1e-5;

    /// <summary>Blocks of each stage.</summary>
    public int[] Layers { get; set; } = [2, 2, 6, 2];

    /// <summary>What the blocks of each stage mix pixels by.</summary>
    public FastVitMixer[] TokenMixers { get; set; } = [default, default, default, default];

    /// <summary>Channels of each stage.</summary>
    public int[] EmbedDims { get; set; } = [64, 128, 256, 512];

    /// <summary>A perceptron's channels for each channel.</summary>
    public double[] MlpRatios { get; set; } = [4, 4, 4, 4];

    /// <summary>Whether a stage begins with a smaller map.</summary>
    public bool[] Downsamples { get; set; } = [false, true, true, true];

    /// <summary>Whether squeeze-and-excitation follows then.</summary>
    public bool[] SeDownsamples { get; set; } = [false, false, false, false];

    /// <summary>What tells positions in each stage; null: nothing.</summary>
    public FastVitPositions?[] PosEmbs { get; set; } = [null, null, null, null];

    /// <summary>Whether an activation follows the large convolution of downsampling.</summary>
    public bool LkcUseAct { get; set; }

    /// <summary>Whether the stem's convolutions have a branch of one pixel.</summary>
    public bool StemUseScaleBranch { get; set; } = true;

    /// <summary>The layer norm in front of attention; null: a batch norm.</summary>
    public LayerChoice? NormLayer { get; set; }
}

internal enum FastVitMixer
{
    /// <summary>A depthwise convolution.</summary>
    Repmixer,

    /// <summary>Self-attention.</summary>
    Attention,
}

/// <param name="Name">timm's class.</param>
/// <param name="SpatialShape">The kernel's height and width.</param>
internal sealed record FastVitPositions(string Name, int[] SpatialShape);
