using System.Drawing;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit.Vision;

/// <summary>An opaque color as <c>"#ff0000"</c>.</summary>
internal sealed class ColorJson : JsonConverter<Color>
{
    public static string InText(Color color) => $"#{color.R:x2}{color.G:x2}{color.B:x2}";

    public override Color Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var rgb = int.Parse($"{reader.GetString()}".AsSpan().TrimStart('#'),
            NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return Color.FromArgb(rgb >> 16 & 0xFF, rgb >> 8 & 0xFF, rgb & 0xFF);
    }

    public override void Write(Utf8JsonWriter writer, Color value, JsonSerializerOptions options) =>
        writer.WriteStringValue(InText(value));
}

/// <summary>Two numbers as <c>[0.08, 1]</c>.</summary>
internal sealed class PairJson<T> : JsonConverter<(T First, T Second)>
    where T : INumber<T>
{
    public static (T First, T Second) Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("Two numbers stand in brackets.");
        var pair = (Next(ref reader), Next(ref reader));
        return reader.Read() && reader.TokenType == JsonTokenType.EndArray
            ? pair
            : throw new JsonException("There are two numbers.");

        static T Next(ref Utf8JsonReader reader)
        {
            reader.Read();
            return T.CreateChecked(reader.GetDouble());
        }
    }

    public static void Write(Utf8JsonWriter writer, (T First, T Second) value)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(double.CreateChecked(value.First));
        writer.WriteNumberValue(double.CreateChecked(value.Second));
        writer.WriteEndArray();
    }

    public override (T First, T Second) Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Read(ref reader);

    public override void Write(Utf8JsonWriter writer, (T First, T Second) value, JsonSerializerOptions options) =>
        Write(writer, value);
}

/// <summary>A point as <c>[x, y]</c>.</summary>
internal sealed class PointJson : JsonConverter<Point>
{
    public override Point Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var (x, y) = PairJson<int>.Read(ref reader);
        return new Point(x, y);
    }

    public override void Write(Utf8JsonWriter writer, Point value, JsonSerializerOptions options) =>
        PairJson<int>.Write(writer, (value.X, value.Y));
}
