using System.Drawing;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit.Vision;

/// <summary>
/// How pictures are prepared for a network, as data: what a saved model keeps of its evaluation; see <c>docs/model-file.md</c>.
/// </summary>
/// <param name="ApplyOrientation">Whether they are turned upright as their EXIF orientation says.</param>
/// <param name="Background">What shows through transparent pixels; null: the pixels' own color.</param>
/// <param name="Steps">What is done to them, first to last.</param>
internal sealed record PreparationDescription(bool ApplyOrientation, Color? Background, IReadOnlyList<Transform> Steps)
{
    /// <summary>How options prepare pictures for a network.</summary>
    public static PreparationDescription Of(ImageOptions options, Preprocessing preprocessing, bool augment = false) =>
        new(options.ApplyOrientation, options.Background, options.TransformsFor(preprocessing, augment));

    /// <summary>How options prepare pictures for evaluation, or null where the defaults would do the same.</summary>
    public static Func<Preprocessing, JsonElement?> UnlessDefault(ImageOptions options) => preprocessing =>
    {
        var own = Of(options, preprocessing);
        return own.IsDefault(preprocessing) ? null : own.ToJson();
    };

    /// <summary>Reads what <see cref="ToJson"/> gave.</summary>
    /// <exception cref="FormatException">It is something else, or of a newer version.</exception>
    public static PreparationDescription Parse(JsonElement json)
    {
        try
        {
            var read = json.Deserialize(PreparationJson.Default.PreparationDescription);
            // A parameter that is missing, or not known here, would be left out in silence, and pictures look otherwise.
            if (read is not null && !read.Steps.Contains(null!) && JsonElement.DeepEquals(read.ToJson(), json))
                return read;
        }
        catch (Exception error) when (error is JsonException or ArgumentException or FormatException or InvalidOperationException
            or OverflowException)
        {
            throw new FormatException($"{json} can't be read: {error.Message}", error);
        }
        throw new FormatException($"{json} has other parameters than this version of TransferKit knows.");
    }

    /// <summary>The step that is code of the program's own, which no file can hold; null: there is none.</summary>
    [JsonIgnore]
    public Lambda? OwnCode => Steps.Select(step => step.OwnCode).FirstOrDefault(code => code is not null);

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, PreparationJson.Default.PreparationDescription);

    /// <summary>Whether it is what a saved model says, as data or, in files of format 1, in words.</summary>
    public bool IsSame(JsonElement saved) => saved.ValueKind == JsonValueKind.String
        ? saved.GetString() == ToString()
        : JsonElement.DeepEquals(saved, ToJson());

    /// <summary>Whether it is what is done where nothing is said.</summary>
    public bool IsDefault(Preprocessing preprocessing) => IsSame(Of(new ImageOptions(), preprocessing).ToJson());

    /// <summary>Orientation, background and the steps with their parameters, on one line.</summary>
    public override string ToString()
    {
        var orientation = ApplyOrientation ? "turned upright" : "not turned upright";
        var background = Background is { } color ? $"on {ColorJson.InText(color)}" : "without background";
        return $"{orientation}, {background}, {string.Join(", ", Steps)}";
    }
}

/// <summary>What tells pictures of a run from others.</summary>
/// <param name="Files">A checksum over their names, and over what some of them hold.</param>
/// <param name="Preparation">How they are prepared.</param>
internal sealed record PicturesFingerprint(string Files, PreparationDescription Preparation);

/// <summary>The JSON form of transforms, and of what else prepares pictures.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    Converters = [typeof(ColorJson), typeof(PointJson), typeof(PairJson<int>), typeof(PairJson<double>)])]
[JsonSerializable(typeof(PreparationDescription))]
[JsonSerializable(typeof(PicturesFingerprint))]
internal sealed partial class PreparationJson : JsonSerializerContext;
