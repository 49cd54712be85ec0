using System.Globalization;
using System.Text.Json;

namespace TransferKit;

/// <summary>
/// What the file of an exported graph says of the model in it, as pairs of texts beside the graph: all that whoever runs it must
/// know. Null: it says nothing, as files of other programs don't.
/// </summary>
internal sealed record OnnxMetadata
{
    private const string ClassesKey = "classes", TaskKey = "task", PreprocessingKey = "preprocessing",
        PreparationKey = "preparation", TemperatureKey = "temperature", ThresholdKey = "threshold",
        IncludedKey = "included_preprocessing";

    /// <summary>The names of the outputs.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>What the outputs mean.</summary>
    public LearningTask? Task { get; init; }

    /// <summary>What the network expects of its input.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>How evaluation prepared pictures, where that isn't as <see cref="Preprocessing"/> says.</summary>
    public JsonElement? Preparation { get; init; }

    /// <summary>What logits are still to be divided by before they become probabilities; null: nothing.</summary>
    public double? Temperature { get; init; }

    /// <summary>The probability above which a class counts as seen; null: the likeliest always does.</summary>
    public double? Threshold { get; init; }

    /// <summary>Whether the graph takes pictures of any size, and resizes and crops them itself.</summary>
    public bool TakesWholePictures { get; init; }

    /// <summary>The pairs.</summary>
    public IEnumerable<(string Key, string Value)> Entries()
    {
        (string, string?)[] entries =
        [
            (ClassesKey, ClassNames is null ? null :
                JsonSerializer.Serialize(ClassNames, PreprocessingJson.Default.IReadOnlyListString)),
            (TaskKey, Task?.ToString()),
            (PreprocessingKey, Preprocessing is null ? null :
                JsonSerializer.Serialize(Preprocessing, PreprocessingJson.Default.Preprocessing)),
            (PreparationKey, Preparation?.GetRawText()),
            (TemperatureKey, Temperature?.ToString(CultureInfo.InvariantCulture)),
            (ThresholdKey, Threshold?.ToString(CultureInfo.InvariantCulture)),
            (IncludedKey, TakesWholePictures ? $"{OnnxPreprocessing.Whole}" : null),
        ];
        return entries.Where(entry => entry.Item2 is not null)!;
    }

    /// <summary>Reads what <see cref="Entries"/> gave.</summary>
    /// <exception cref="FormatException">Some of it is something else.</exception>
    public static OnnxMetadata Parse(IReadOnlyDictionary<string, string> entries)
    {
        return new()
        {
            ClassNames = Read(ClassesKey,
                text => JsonSerializer.Deserialize(text, PreprocessingJson.Default.IReadOnlyListString)!),
            Task = Value(TaskKey, text => Enum.TryParse<LearningTask>(text, out var task) && Enum.IsDefined(task)
                ? task
                : throw new FormatException("There is no such task.")),
            Preprocessing = Read(PreprocessingKey, Preprocessing.Parse),
            Preparation = Value(PreparationKey, text =>
            {
                using var json = JsonDocument.Parse(text);
                return json.RootElement.Clone();
            }),
            Temperature = Value(TemperatureKey, text => Number(text, least: double.Epsilon, most: double.MaxValue)),
            Threshold = Value(ThresholdKey, text => Number(text, least: 0, most: 1)),
            TakesWholePictures = Read(IncludedKey, text => text) == $"{OnnxPreprocessing.Whole}",
        };

        T? Read<T>(string key, Func<string, T> parse)
            where T : class
        {
            try
            {
                return entries.TryGetValue(key, out var text) ? parse(text) : null;
            }
            catch (Exception error) when (error is JsonException or FormatException)
            {
                throw new FormatException($"its metadata '{key}' can't be read: {error.Message}", error);
            }
        }

        T? Value<T>(string key, Func<string, T> parse)
            where T : struct => (T?)Read<object>(key, text => parse(text));

        static double Number(string text, double least, double most) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && number >= least && number <= most
                ? number
                : throw new FormatException($"'{text}' is no such number.");
    }
}
