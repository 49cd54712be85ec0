using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>
/// A kind of layer that a config names, <c>"se"</c>, maybe with arguments, <c>{"name": "SEModule", "rd_ratio": 0.25}</c>.
/// </summary>
[JsonConverter(typeof(Reader))]
internal sealed record LayerChoice : LayerArguments
{
    public LayerChoice(string name)
        : base(name)
    {
    }

    private LayerChoice(LayerArguments arguments)
        : base(arguments)
    {
    }

    internal sealed class Reader : ConfigReader<LayerChoice>
    {
        public override LayerChoice Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String
                ? new LayerChoice(reader.GetString()!)
                : new LayerChoice(JsonSerializer.Deserialize(ref reader, ConfigJson.Default.LayerArguments)!);
    }
}

/// <summary>A layer's name and arguments, where a config gives both.</summary>
/// <param name="Name">timm's name of it.</param>
internal record LayerArguments(string Name)
{
    public double? Eps { get; set; }

    public double? RdRatio { get; set; }

    public int? GroupSize { get; set; }

    public double? Multiplier { get; set; }

    /// <summary>What rounding leaves at least, as a share.</summary>
    public double? RoundLimit { get; set; }

    public string? GateLayer { get; set; }

    public string? ForceActLayer { get; set; }

    public LayerChoice? RdRoundFn { get; set; }

    public ActLayer? ActLayer { get; set; }

    public bool? GateLast { get; set; }

    public double? InitValues { get; set; }
}
