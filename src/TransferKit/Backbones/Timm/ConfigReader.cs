using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TransferKit.Timm;

/// <summary>Reads a value of a config, which nothing writes.</summary>
internal abstract class ConfigReader<T> : JsonConverter<T>
{
    public sealed override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Configs are read only.");
}

/// <summary>Reads a kind of layer, maybe with arguments.</summary>
/// <param name="find">What a layer of that name means; a <see cref="JsonException"/> where it isn't known.</param>
internal abstract class ChoiceReader<T>(Func<LayerChoice, T> find) : ConfigReader<T>
{
    public sealed override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        find(JsonSerializer.Deserialize(ref reader, ConfigJson.Default.LayerChoice)!);
}

/// <summary>Reads one value as a list of one.</summary>
internal sealed class OneOrMany<T> : ConfigReader<T[]>
{
    public override T[] Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return [One(ref reader)];
        var values = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            values.Add(One(ref reader));
        return [.. values];

        T One(ref Utf8JsonReader at) => JsonSerializer.Deserialize(ref at, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)))!;
    }
}

/// <summary>Height and width of square images in pixels, which configs give as one number or as two.</summary>
internal sealed class ImageSizeReader : ConfigReader<int>
{
    public override int Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        var sizes = json.RootElement.ValueKind == JsonValueKind.Array
            ? json.RootElement.EnumerateArray().Select(size => size.GetInt32()).Distinct().ToArray()
            : [json.RootElement.GetInt32()];
        return sizes is [var size] ? size : throw new JsonException("The images aren't square.");
    }
}
