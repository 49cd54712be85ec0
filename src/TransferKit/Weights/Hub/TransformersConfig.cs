using System.Text.Json;

namespace TransferKit;

/// <summary>transformers' <c>config.json</c> and <c>preprocessor_config.json</c>.</summary>
internal static class TransformersConfig
{
    /// <summary>Images of this size and above are squashed by ConvNeXt's processor, and nothing is cut off.</summary>
    private const int WholeFrom = 384;

    public static HubConfig Read(JsonElement root) => new()
    {
        Transformers = root.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String
            ? root.Clone() : null,
        ClassNames = HubConfig.Names(root, "id2label"),
    };

    /// <exception cref="FormatException">It says something that can't be followed.</exception>
    public static Preprocessing ReadPreprocessing(JsonElement root)
    {
        var resize = IsOn("do_resize") && Value("size") is { } size ? Side(size) : (int?)null;
        var crop = IsOn("do_center_crop") && Value("crop_size") is { } cut ? Side(cut) : resize;
        var share = Value("crop_pct")?.GetDouble();
        var squash = resize is not null && !KeepsProportions();
        if (share is not null && resize >= WholeFrom)
            (share, squash) = (null, true);
        else if (share is not null && resize is { } side)
            (resize, squash) = (Preprocessing.SizeBefore(side, share.Value), false);
        if (Value("rescale_factor") is { } factor && Math.Abs((255 * factor.GetDouble()) - 1) > 1e-4)
            throw new FormatException($"its rescale_factor is {factor}, not 1/255");
        var pixels = crop ?? resize ?? throw new FormatException("it tells no size");
        return new Preprocessing
        {
            CropSize = pixels,
            ResizeSize = Math.Max(resize ?? pixels, pixels),
            CropShare = share,
            Squash = squash,
            Interpolation = (Value("resample")?.GetInt32() ?? 2) switch
            {
                0 => Interpolation.Nearest,
                1 => Interpolation.Lanczos,
                2 => Interpolation.Bilinear,
                3 => Interpolation.Bicubic,
                var other => throw new FormatException($"Pillow's filter {other} isn't known here"),
            },
            Mean = IsOn("do_normalize") ? HubConfig.Channels(root.GetProperty("image_mean")) : default,
            Std = IsOn("do_normalize") ? HubConfig.Channels(root.GetProperty("image_std")) : new(1, 1, 1),
        };

        // A number is that of the shorter side where something is cut out, and of both sides elsewhere.
        bool KeepsProportions() => root.GetProperty("size") is var size && size.ValueKind == JsonValueKind.Number
            ? Value("crop_size") is not null : TransformersConfig.Value(size, "shortest_edge") is not null;

        // What isn't said is done; where transformers' fast processors do without something, they say null.
        bool IsOn(string name) =>
            !root.TryGetProperty(name, out var value) || (value.ValueKind != JsonValueKind.Null && value.GetBoolean());

        JsonElement? Value(string name) => TransformersConfig.Value(root, name);
    }

    private static JsonElement? Value(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A number, that of the shorter side, or the height and width of a square.</summary>
    private static int Side(JsonElement size)
    {
        if (size.ValueKind == JsonValueKind.Number)
            return size.GetInt32();
        if (Value(size, "shortest_edge") is { } edge)
            return edge.GetInt32();
        var (height, width) = (size.GetProperty("height").GetInt32(), size.GetProperty("width").GetInt32());
        return height == width ? height : throw new FormatException($"images of {height} × {width} are no squares");
    }
}
