using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>
/// What differs among networks of the family, in the words of timm's classes <c>EfficientNet</c> and <c>MobileNetV3</c>.
/// </summary>
internal record EfficientNetConfig
{
    /// <summary>The blocks of each stage.</summary>
    public EfficientNetBlock[][] BlockArgs { get; set; } = [];

    /// <summary>Channels of the last convolution; 0: there is none.</summary>
    public int NumFeatures { get; set; } = 1280;

    public int StemSize { get; set; } = 32;

    public int StemKernelSize { get; set; } = 3;

    /// <summary><c>same</c>: as TensorFlow pads; empty: the same on all sides.</summary>
    public string PadType { get; set; } = "";

    public ConvActivation ActLayer { get; set; } = ConvActivation.Relu;

    /// <summary>Batch norm, for it has no other.</summary>
    public LayerChoice? NormLayer
    {
        get;
        set => field = value is null or { Name: "BatchNorm2d" } ? value
            : throw new JsonException($"There is no norm '{value.Name}'.");
    }

    public MobileAntiAliasing? AaLayer { get; set; }

    public SqueezeChoice SeLayer { get; set; } = new("SqueezeExcite");
}

/// <summary>As timm's <c>MobileNetV3</c>, whose last convolution comes behind the pooling.</summary>
internal sealed record MobileNetConfig : EfficientNetConfig
{
    public MobileNetConfig() => StemSize = 16;

    public bool HeadBias { get; set; } = true;

    /// <summary>Whether a batch norm follows the last convolution.</summary>
    public bool HeadNorm { get; set; }

    /// <summary>Whether the squeezed channels are a share of the expanded ones, and not of the block's input.</summary>
    public bool SeFromExp { get; set; } = true;

    /// <summary>What layer scales start from; null: there are none.</summary>
    public double? LayerScaleInitValue { get; set; }
}

/// <summary>One block. What is zero, false or usual is left out.</summary>
internal sealed record EfficientNetBlock
{
    public EfficientNetBlockType BlockType { get; set; }

    public int OutChs { get; set; }

    public int Stride { get; set; } = 1;

    /// <summary>The kernel of a plain convolution.</summary>
    public int KernelSize { get; set; }

    /// <summary>Kernels of the depthwise convolution; several: each for a part of the channels.</summary>
    [JsonConverter(typeof(OneOrMany<int>))]
    public int[] DwKernelSize { get; set; } = [3];

    [JsonConverter(typeof(OneOrMany<int>))]
    public int[] ExpKernelSize { get; set; } = [1];

    [JsonConverter(typeof(OneOrMany<int>))]
    public int[] PwKernelSize { get; set; } = [1];

    public int DwKernelSizeStart { get; set; }

    public int DwKernelSizeMid { get; set; }

    public int DwKernelSizeEnd { get; set; }

    public double ExpRatio { get; set; } = 1;

    public double SeRatio { get; set; }

    /// <summary>Channels that are convolved together; null: the usual of the block's type.</summary>
    public int? GroupSize { get; set; }

    /// <summary>What is expanded in place of the input's channels; 0: these.</summary>
    public int ForceInChs { get; set; }

    public bool Noskip { get; set; }

    /// <summary>Whether a plain convolution is a residual block.</summary>
    public bool Skip { get; set; }

    /// <summary>Whether an activation follows the last convolution.</summary>
    public bool PwAct { get; set; }

    /// <summary>The block's activation; null: the network's.</summary>
    public ConvActivation? ActLayer { get; set; }

    public int NumHeads { get; set; }

    public int KeyDim { get; set; }

    public int ValueDim { get; set; }

    public int KvStride { get; set; } = 1;
}

internal enum EfficientNetBlockType
{
    /// <summary>A convolution.</summary>
    Cn,

    /// <summary>Depthwise separable.</summary>
    Ds,

    /// <summary>Depthwise separable, with an activation at the end.</summary>
    Dsa,

    /// <summary>Inverted residual, MBConv.</summary>
    Ir,

    /// <summary>With a full convolution in place of the depthwise one, FusedMBConv.</summary>
    Er,

    /// <summary>Universal inverted bottleneck.</summary>
    Uir,

    /// <summary>Attention with many queries.</summary>
    Mqa,
}

internal enum MobileAntiAliasing
{
    Avg,
}

/// <summary>How a squeeze-and-excitation is made.</summary>
[JsonConverter(typeof(Reader))]
internal sealed record SqueezeChoice(string Name)
{
    public bool GateIsHard { get; init; }

    public bool IsAlwaysRelu { get; init; }

    /// <summary>The least share of the wanted channels that rounding to a multiple of 8 leaves; null: isn't rounded so.</summary>
    public double? RoundLimit { get; init; }

    internal sealed class Reader : ConfigReader<SqueezeChoice>
    {
        public override SqueezeChoice Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new JsonException("There is no other attention of channels.");
            var read = JsonSerializer.Deserialize(ref reader, ConfigJson.Default.LayerArguments)!;
            return new SqueezeChoice(read.Name)
            {
                GateIsHard = read.GateLayer == "hard_sigmoid", IsAlwaysRelu = read.ForceActLayer == "relu",
                RoundLimit = read.RdRoundFn is { } round ? round.RoundLimit ?? 0.9 : null,
            };
        }
    }
}
