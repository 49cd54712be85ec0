using System.Text.Json;

namespace TransferKit;

/// <summary>
/// timm's <c>config.json</c>, as its <c>save_config_for_hf</c> writes it, and older ones in which all is at the top.
/// </summary>
internal static class TimmConfig
{
    /// <summary>What timm's <c>create_transform</c> takes where the config is silent.</summary>
    private const double DefaultCropShare = 0.875;

    /// <summary>Nobody cuts less than this out of an image's side.</summary>
    private const double SmallestCropShare = 0.01;

    private const int DefaultSize = 224;

    /// <summary>Arguments that don't change the network, or that its weights and images tell.</summary>
    private static readonly string[] Harmless =
        ["img_size", "num_classes", "in_chans", "dynamic_img_size", "strict_img_size", "drop_rate", "drop_path_rate"];

    /// <exception cref="FormatException">It says something that can't be followed.</exception>
    public static HubConfig Read(JsonElement root)
    {
        var inner = root.TryGetProperty("pretrained_cfg", out var found) ? found : root;
        var classes = root.TryGetProperty("num_classes", out var count) ? count.GetInt32() : Architectures.ImageNetClasses;
        return new HubConfig
        {
            Architecture = root.GetProperty("architecture").GetString(),
            ModelArguments = root.TryGetProperty("model_args", out var arguments) && arguments.ValueKind == JsonValueKind.Object
                ? [.. arguments.EnumerateObject().Select(argument => argument.Name).Except(Harmless)] : [],
            Preprocessing = ReadPreprocessing(inner),
            // timm too takes a thousand classes without names for ImageNet's.
            ClassNames = HubConfig.Names(root, "label_names", "labels") ?? HubConfig.Names(inner, "label_names", "labels")
                ?? (classes == Architectures.ImageNetClasses ? KnownWeights.ClassNames : null),
        };
    }

    /// <summary>
    /// The numbers by which timm's <c>resolve_data_config</c> and <c>create_transform</c> prepare images in evaluation.
    /// </summary>
    private static Preprocessing ReadPreprocessing(JsonElement config)
    {
        var (channels, size) = Value("input_size") is { } input ? Size(input) : (3, DefaultSize);
        var share = Value("crop_pct") is { } part && part.GetDouble() > 0 ? part.GetDouble() : DefaultCropShare;
        if (share < SmallestCropShare)
            throw new FormatException(FormattableString.Invariant($"its crop_pct is {share}"));
        return new Preprocessing
        {
            CropSize = size,
            ResizeSize = Preprocessing.SizeBefore(size, share),
            CropShare = share,
            Squash = Value("crop_mode")?.GetString() switch
            {
                null or "center" => false,
                "squash" => true,
                var other => throw new FormatException($"the crop mode '{other}' isn't known here"),
            },
            Interpolation = Value("interpolation")?.GetString() switch
            {
                null or "bicubic" => Interpolation.Bicubic,
                "bilinear" => Interpolation.Bilinear,
                "nearest" => Interpolation.Nearest,
                "lanczos" => Interpolation.Lanczos,
                var other => throw new FormatException($"the interpolation '{other}' isn't known here"),
            },
            Mean = Value("mean") is { } mean ? HubConfig.Channels(mean) : Preprocessing.ImageNet.Mean,
            Std = Value("std") is { } std ? HubConfig.Channels(std) : Preprocessing.ImageNet.Std,
            Channels = channels,
        };

        JsonElement? Value(string name) =>
            config.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private static (int Channels, int Size) Size(JsonElement input)
    {
        var sizes = input.EnumerateArray().Select(size => size.GetInt32()).ToArray();
        return sizes is [> 0 and var channels, > 0 and var height, var width] && height == width
            ? (channels, height)
            : throw new FormatException($"images of {string.Join(" × ", sizes)} aren't channels and a square");
    }
}
