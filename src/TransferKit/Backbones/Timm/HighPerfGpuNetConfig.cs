using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>What differs among networks of the family, in the words of timm's class <c>HighPerfGpuNet</c>.</summary>
internal sealed record HighPerfGpuNetConfig
{
    public HighPerfGpuLayers Cfg { get; set; } = new();

    /// <summary>Whether a factor and a summand of all values follow activations.</summary>
    public bool UseLab { get; set; }
}

internal sealed record HighPerfGpuLayers
{
    public HighPerfGpuStem StemType { get; set; }

    public int[] StemChs { get; set; } = [];

    public HighPerfGpuStage Stage1 { get; set; } = new();

    public HighPerfGpuStage Stage2 { get; set; } = new();

    public HighPerfGpuStage Stage3 { get; set; } = new();

    public HighPerfGpuStage Stage4 { get; set; } = new();
}

internal enum HighPerfGpuStem
{
    /// <summary>Three convolutions.</summary>
    V1,

    /// <summary>Five, two of them beside a pooling.</summary>
    V2,
}

/// <summary>A stage, a list of what it has in timm: in, mid, out, blocks, downsample, light, kernel, layers.</summary>
[JsonConverter(typeof(Reader))]
internal sealed record HighPerfGpuStage
{
    /// <summary>Channels of the input.</summary>
    public int In { get; init; }

    /// <summary>Channels of each layer of a block.</summary>
    public int Mid { get; init; }

    /// <summary>Channels of the output.</summary>
    public int Out { get; init; }

    public int Blocks { get; init; }

    public bool Downsample { get; init; }

    /// <summary>Whether layers are separable.</summary>
    public bool IsLight { get; init; }

    public int Kernel { get; init; }

    /// <summary>Layers of a block.</summary>
    public int Layers { get; init; }

    internal sealed class Reader : ConfigReader<HighPerfGpuStage>
    {
        public override HighPerfGpuStage Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            using var json = JsonDocument.ParseValue(ref reader);
            var of = json.RootElement;
            return new HighPerfGpuStage
            {
                In = of[0].GetInt32(), Mid = of[1].GetInt32(), Out = of[2].GetInt32(), Blocks = of[3].GetInt32(),
                Downsample = of[4].GetBoolean(), IsLight = of[5].GetBoolean(), Kernel = of[6].GetInt32(),
                Layers = of[7].GetInt32(),
            };
        }
    }
}
