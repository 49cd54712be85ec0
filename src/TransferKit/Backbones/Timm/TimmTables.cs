using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>
/// The architectures and weights of timm 1.0.29. The tables, which timm_tables.py makes, are part of the library; they are read
/// when one of timm's names is first asked for.
/// </summary>
internal static partial class TimmTables
{
    /// <summary>Where timm's weights lie on the Hugging Face hub; stands before the names of timm's that have no tag.</summary>
    private const string Prefix = "timm/";

    private static readonly Lazy<JsonElement> Architectures = new(() =>
    {
        using var text = Open("timm_architectures.json.gz");
        return JsonDocument.Parse(text).RootElement;
    });

    private static readonly Lazy<ILookup<string, WeightsInfo>> Sets = new(ReadWeights);

    /// <summary>The names of timm's architectures, without tags; also of those that aren't here.</summary>
    public static IEnumerable<string> Names => Architectures.Value.EnumerateObject().Select(found => found.Name);

    /// <summary>The architectures that a class of timm's builds, and the arguments that it builds them with.</summary>
    public static IEnumerable<(string Name, JsonElement Arguments)> OfClass(string builder) => Architectures.Value
        .EnumerateObject().Where(found => found.Value[0].GetString() == builder).Select(found => (found.Name, found.Value[1]));

    /// <summary>All weights that timm knows, also of architectures that aren't here.</summary>
    public static IEnumerable<WeightsInfo> AllWeights => Sets.Value.SelectMany(weights => weights);

    /// <summary>
    /// Whether a name can only be timm's: it has a tag, <c>resnet50.a1_in1k</c>, or a prefix, <c>timm/resnet50</c>.
    /// </summary>
    public static bool Means(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || name.Contains('.');

    /// <summary>Finds an architecture.</summary>
    /// <param name="name">timm's name in any case, with or without a tag or the prefix.</param>
    /// <returns>The architecture; null where timm, or this library, has none of that name.</returns>
    public static NamedBlueprint? Find(string name)
    {
        var (architecture, tag) = Split(name);
        if (!Architectures.Value.TryGetProperty(architecture, out var entry))
            return null;
        var found = Families.Find(Prefix + architecture, entry[0].GetString()!, entry[1]);
        if (found is null || tag is null)
            return found;
        return Of(name) is not [var weights] ? null : found with
        {
            Name = weights.Model,
            Classes = weights.Classes > 0 ? weights.Classes : found.Classes,
            // Weights for larger images than their architecture's usual ones have as many positions as these.
            Blueprint = size => found.Blueprint(size ?? weights.Preprocessing.CropSize),
        };
    }

    /// <summary>The class of timm's that builds an architecture; null where the table doesn't have it.</summary>
    /// <param name="architecture">Its name, without prefix and tag.</param>
    public static string? BuilderOf(string architecture) =>
        Architectures.Value.TryGetProperty(architecture, out var entry) ? entry[0].GetString() : null;

    /// <summary>Why an architecture of timm's isn't here.</summary>
    /// <param name="architecture">Its name, without prefix and tag.</param>
    /// <returns>A sentence; null where timm has no such architecture either.</returns>
    public static string? WhyNot(string architecture)
    {
        var builder = BuilderOf(architecture);
        if (builder is not null && Families.Has(builder))
            return $"timm's '{architecture}' is of a family that TransferKit has, but needs an option of it "
                + "that isn't there yet.";
        return builder is not null || Sets.Value.Contains(architecture)
            ? $"timm's '{architecture}' is of a family that TransferKit doesn't have yet." : null;
    }

    /// <summary>The weights of an architecture, the default first; with a tag in the name those that it means.</summary>
    public static IReadOnlyList<WeightsInfo> Of(string name)
    {
        var (architecture, tag) = Split(name);
        return [.. Sets.Value[architecture].Where(weights => tag is null || weights.Name == tag)];
    }

    /// <summary>A name without prefix and tag.</summary>
    public static string ArchitectureOf(string name) => Split(name).Architecture;

    private static (string Architecture, string? Tag) Split(string name)
    {
        var lower = name.ToLowerInvariant();
        var whole = lower.StartsWith(Prefix, StringComparison.Ordinal) ? lower[Prefix.Length..] : lower;
        return whole.Split('.', 2) is [var architecture, var tag] ? (architecture, tag) : (whole, null);
    }

    private static GZipStream Open(string name) => new(
        typeof(TimmTables).Assembly.GetManifestResourceStream($"TransferKit.{name}")!, CompressionMode.Decompress);

    private static ILookup<string, WeightsInfo> ReadWeights()
    {
        using var text = Open("timm_weights.json.gz");
        var rows = JsonSerializer.Deserialize(text, TableJson.Default.RowArray)!;
        var known = new HashSet<string>(StringComparer.Ordinal);
        return rows.Select(row => (Split(row.Name).Architecture, Row: row)).ToLookup(
            found => found.Architecture, found => found.Row.ToInfo(isDefault: known.Add(found.Architecture)),
            StringComparer.Ordinal);
    }

    /// <summary>A row of timm_weights.json.gz. What is usual is left out.</summary>
    private sealed record Row(string Name, int Size, double Crop, Interpolation Interpolation)
    {
        public string? Hub { get; set; }

        public Uri? Url { get; set; }

        public bool Squash { get; set; }

        public float[] Mean { get; set; } = [0.485f, 0.456f, 0.406f];

        public float[] Std { get; set; } = [0.229f, 0.224f, 0.225f];

        public int Classes { get; set; } = 1000;

        public string License { get; set; } = "unknown";

        public double? Top1 { get; set; }

        /// <summary>In millions.</summary>
        public double? Parameters { get; set; }

        public WeightsInfo ToInfo(bool isDefault)
        {
            var page = $"https://huggingface.co/{Hub ?? Prefix + Name}";
            var tag = Split(Name).Tag;
            return new WeightsInfo
            {
                Model = tag is null ? Prefix + Name : Name, Name = tag ?? "default", IsDefault = isDefault,
                Url = Url ?? new Uri($"{page}/resolve/main/model.safetensors"), Source = new Uri(page), License = License,
                Top1Accuracy = Top1, Top5Accuracy = null, Parameters = (long?)(Parameters * 1e6), Classes = Classes,
                Preprocessing = new Preprocessing
                {
                    CropSize = Size, ResizeSize = Preprocessing.SizeBefore(Size, Crop), CropShare = Crop, Squash = Squash,
                    Interpolation = Interpolation,
                    Mean = new(Mean[0], Mean[1], Mean[2]), Std = new(Std[0], Std[1], Std[2]),
                },
            };
        }
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
    [JsonSerializable(typeof(Row[]))]
    private sealed partial class TableJson : JsonSerializerContext;
}
