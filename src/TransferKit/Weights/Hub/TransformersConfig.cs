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
        var resize = IsOn("do_resize") && root.TryGetProperty("size", out var size) ? Side(size) : (int?)null;
        var crop = IsOn("do_center_crop") && root.TryGetProperty("crop_size", out var cut) ? Side(cut) : resize;
        var share = root.TryGetProperty("crop_pct", out var part) && part.ValueKind == JsonValueKind.Number ? part.GetDouble()
            : (double?)null;
        var squash = resize is not null && !KeepsProportions();
        if (share is not null && resize >= WholeFrom)
            (share, squash) = (null, true);
        else if (share is not null && resize is { } side)
            (resize, squash) = (Preprocessing.SizeBefore(side, share.Value), false);
        if (root.TryGetProperty("rescale_factor", out var factor) && Math.Abs((255 * factor.GetDouble()) - 1) > 1e-4)
            throw new FormatException($"its rescale_factor is {factor}, not 1/255");
        var pixels = crop ?? resize ?? throw new FormatException("it tells no size");
        return new Preprocessing
        {
            CropSize = pixels,
            ResizeSize = Math.Max(resize ?? pixels, pixels),
            CropShare = share,
            Squash = squash,
            Interpolation = (root.TryGetProperty("resample", out var filter) ? filter.GetInt32() : 2) switch
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
            ? root.TryGetProperty("crop_size", out _) : size.TryGetProperty("shortest_edge", out _);

        bool IsOn(string name) =>
            !root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null || value.GetBoolean();
    }

    /// <summary>A number, that of the shorter side, or the height and width of a square.</summary>
    private static int Side(JsonElement size)
    {
        if (size.ValueKind == JsonValueKind.Number)
            return size.GetInt32();
        if (size.TryGetProperty("shortest_edge", out var edge))
            return edge.GetInt32();
        var (height, width) = (size.GetProperty("height").GetInt32(), size.GetProperty("width").GetInt32());
        return height == width ? height : throw new FormatException($"images of {height} × {width} are no squares");
    }
}
