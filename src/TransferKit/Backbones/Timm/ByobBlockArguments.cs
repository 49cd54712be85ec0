using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit.Timm;

internal sealed record ByobBlockArguments
{
    /// <summary>Whether inner channels are relative to the input's.</summary>
    public bool BottleIn { get; set; }

    /// <summary>Whether blocks end without an activation.</summary>
    public bool LinearOut { get; set; }

    /// <summary>Whether a bottleneck has a second convolution of 3 × 3.</summary>
    public bool ExtraConv { get; set; }

    /// <summary>The largest kernel of a MobileOne block.</summary>
    public int KernelSize { get; set; } = 3;

    /// <summary>How many convolutions of that size it has.</summary>
    public int NumConvBranches { get; set; } = 1;

    /// <summary>Features of a MobileViT block's tokens.</summary>
    public int TransformerDim { get; set; }

    /// <summary>Blocks of its transformer.</summary>
    public int TransformerDepth { get; set; } = 2;

    /// <summary>Height and width of its patches in pixels of the map.</summary>
    public int PatchSize { get; set; } = 8;
}

/// <summary>Attention of channels.</summary>
internal enum ByobAttention
{
    /// <summary>Squeeze-and-excitation.</summary>
    Se,

    /// <summary>Efficient channel attention.</summary>
    Eca,

    /// <summary>Global context.</summary>
    Gca,
}

internal sealed record ByobAttentionArguments
{
    /// <summary>Squeezed channels, as a share.</summary>
    public double RdRatio { get; set; } = 1 / 16.0;

    /// <summary>What they are a multiple of.</summary>
    public int RdDivisor { get; set; } = 8;
}

/// <summary>How pixels attend to each other.</summary>
internal enum ByobSelfAttention
{
    /// <summary>All to all.</summary>
    Bottleneck,

    /// <summary>Those of a block to these and to some around them.</summary>
    Halo,
}

internal sealed record ByobSelfAttentionArguments
{
    /// <summary>Heads; null: 4 over all of a map, 8 within blocks.</summary>
    public int? NumHeads { get; set; }

    /// <summary>Features of a head's keys; null: its part of <see cref="QkRatio"/>.</summary>
    public int? DimHead { get; set; }

    /// <summary>Features of all heads' keys, as a share of the channels.</summary>
    public double QkRatio { get; set; } = 1;

    /// <summary>Height and width of a block in pixels.</summary>
    public int BlockSize { get; set; } = 8;

    /// <summary>How far it sees over its edges.</summary>
    public int HaloSize { get; set; } = 3;

    public int KeyFeatures(int channels, int usualHeads) =>
        DimHead ?? ChannelCount.Round(channels * QkRatio) / (NumHeads ?? usualHeads);
}

internal enum ByobAntiAliasing
{
    Avg,
}

internal enum ByobHead
{
    /// <summary>A linear layer on the average.</summary>
    Classifier,

    /// <summary>A linear layer on what attention pools, with learned positions.</summary>
    [JsonStringEnumMemberName("attn_abs")]
    AttnAbs,
}

/// <summary>Reads stages, which are runs of blocks: lists, or one run by itself.</summary>
internal sealed class StagesReader : ConfigReader<ByobBlock[][]>
{
    public override ByobBlock[][] Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return
        [
            .. json.RootElement.EnumerateArray().Select(stage => stage.ValueKind == JsonValueKind.Array
                ? stage.Deserialize(ConfigJson.Default.ByobBlockArray)! : [stage.Deserialize(ConfigJson.Default.ByobBlock)!]),
        ];
    }
}
