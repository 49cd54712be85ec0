using System.Text.Json;

namespace TransferKit.Vision;

/// <summary>
/// What the <c>datasets</c> library of Hugging Face writes about columns into a file's metadata, under the key
/// <c>huggingface</c>: <c>{"info": {"features": {"label": {"names": [...], "_type": "ClassLabel"}}}}</c>.
/// </summary>
internal sealed class HuggingFaceFeatures
{
    private readonly Dictionary<string, (string Type, string[]? Names)> _columns = [];

    /// <param name="metadata">What the file says of itself.</param>
    public HuggingFaceFeatures(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue("huggingface", out var json))
            return;
        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (var column in document.RootElement.GetProperty("info").GetProperty("features").EnumerateObject())
                _columns[column.Name] = Describe(column.Value);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Others may use the key for something else; the columns themselves tell enough.
            _columns.Clear();
        }
    }

    /// <summary>The column of a type, or of lists of it, if there is exactly one.</summary>
    public string? OnlyOf(string type) =>
        _columns.Where(column => column.Value.Type == type).Select(column => column.Key).ToArray() is [var only] ? only : null;

    /// <summary>The names of the classes that a column's numbers, or the numbers in its lists, stand for.</summary>
    public string[]? ClassNames(string column) => _columns.GetValueOrDefault(column).Names;

    /// <summary>
    /// Lists are written as <c>[feature]</c>, or as an object with a <c>feature</c>, depending on the library's age.
    /// </summary>
    private static (string Type, string[]? Names) Describe(JsonElement feature)
    {
        if (feature.ValueKind == JsonValueKind.Array && feature.GetArrayLength() == 1)
            return Describe(feature[0]);
        if (feature.ValueKind != JsonValueKind.Object)
            return ("", null);
        if (feature.TryGetProperty("feature", out var inner))
            return Describe(inner);
        return (
            feature.TryGetProperty("_type", out var type) ? type.GetString() ?? "" : "",
            feature.TryGetProperty("names", out var names)
                ? [.. names.EnumerateArray().Select(name => name.GetString() ?? "")]
                : null);
    }
}
