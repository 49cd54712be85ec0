using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>
/// A kind of layer that a config names, <c>"se"</c>, maybe with arguments, <c>{"name": "SEModule", "rd_ratio": 0.25}</c>.
/// </summary>
[JsonConverter(typeof(Reader))]
internal sealed record LayerChoice(string Name)
{
    public double? Eps { get; init; }

    public double? RdRatio { get; init; }

    public int? GroupSize { get; init; }

    /// <summary>What rounding leaves at least, as a share.</summary>
    public double? RoundLimit { get; init; }

    public ActLayer? ActLayer { get; init; }

    public bool? GateLast { get; init; }

    public double? InitValues { get; init; }

    internal sealed class Reader : ConfigReader<LayerChoice>
    {
        public override LayerChoice Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
                return new LayerChoice(reader.GetString()!);
            var read = JsonSerializer.Deserialize(ref reader, ConfigJson.Default.Arguments)!;
            return new LayerChoice(read.Name)
            {
                Eps = read.Eps, RdRatio = read.RdRatio, GroupSize = read.GroupSize, RoundLimit = read.RoundLimit,
                ActLayer = read.ActLayer, GateLast = read.GateLast, InitValues = read.InitValues,
            };
        }
    }

    internal sealed record Arguments(string Name)
    {
        public double? Eps { get; set; }

        public double? RdRatio { get; set; }

        public int? GroupSize { get; set; }

        public double? Multiplier { get; set; }

        public double? RoundLimit { get; set; }

        public string? GateLayer { get; set; }

        public string? ForceActLayer { get; set; }

        public LayerChoice? RdRoundFn { get; set; }

        public ActLayer? ActLayer { get; set; }

        public bool? GateLast { get; set; }

        public double? InitValues { get; set; }
    }
}
