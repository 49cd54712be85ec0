using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using TransferKit.Timm;

namespace TransferKit;

/// <summary>
/// The ImageNet weights that torchvision publishes (115 sets for 80 models, as of torchvision 0.19).
/// The table is part of the library: asking it needs no network.
/// </summary>
public static partial class KnownWeights
{
    private static readonly Lazy<IReadOnlyList<WeightsInfo>> Table = new(Read);
    private static readonly Lazy<IReadOnlyList<string>> Classes = new(ReadClassNames);

    /// <summary>All known weights, sorted as in torchvision's source.</summary>
    public static IReadOnlyList<WeightsInfo> All => Table.Value;

    /// <summary>
    /// The names of ImageNet-1K's 1000 classes in the order of the weights' logits: torchvision's
    /// <c>weights.meta["categories"]</c>.
    /// </summary>
    public static IReadOnlyList<string> ClassNames => Classes.Value;

    /// <summary>The weights of a model; empty for a model that has none.</summary>
    /// <param name="model">
    /// The model, in any case: torchvision's "resnet50", or timm's "timm/resnet50", or "resnet50.a1_in1k" for one set alone.
    /// </param>
    public static IReadOnlyList<WeightsInfo> Of(string model) => TimmTables.Means(model)
        ? TimmTables.Of(model)
        : [.. All.Where(weights => weights.Model.Equals(model, StringComparison.OrdinalIgnoreCase))];

    /// <summary>torchvision's best weights of a model, or timm's default ones.</summary>
    /// <param name="model">The model, as <see cref="Of"/> takes it.</param>
    /// <exception cref="ArgumentException">No weights are known for the model.</exception>
    public static WeightsInfo Default(string model) =>
        Of(model).FirstOrDefault(weights => weights.IsDefault) ?? throw UnknownModel(model);

    /// <summary>The weights of a model with a given name.</summary>
    /// <param name="model">The model, as <see cref="Of"/> takes it.</param>
    /// <param name="name">The weights' name, in any case: "IMAGENET1K_V2" or "DEFAULT".</param>
    /// <exception cref="ArgumentException">The model has no weights of that name; the message lists those it has.</exception>
    public static WeightsInfo Find(string model, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Equals("DEFAULT", StringComparison.OrdinalIgnoreCase))
            return Default(model);
        var weights = Of(model);
        if (weights.Count == 0)
            throw UnknownModel(model);
        return weights.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"{model} has no weights named '{name}'; it has {string.Join(", ", weights.Select(known => known.Name))}."
                + (TimmTables.Of($"{model}.{name}").Count > 0 ? $" timm's are those of the model '{model}.{name}'." : ""),
                nameof(name));
    }

    /// <summary>The known weights that a file of a model holds, told by its name, else by its size and checksum.</summary>
    internal static WeightsInfo? Recognize(string model, string path)
    {
        var name = Path.GetFileName(path);
        var weights = Of(model);
        if (!HubSnapshot.IsUsualName(name)
            && weights.FirstOrDefault(known => known.FileName == name || known.OlderFileName == name) is { } named)
            return named;
        // The table has sizes to a thousandth MiB. They spare hashing files that can't be it.
        var size = File.Exists(path) ? new FileInfo(path).Length / (1024.0 * 1024) : 0;
        var candidates = weights.Where(known => known.Sha256 is not null && Math.Abs(known.FileSizeMiB!.Value - size) < 0.001)
            .ToList();
        if (candidates.Count == 0)
            return null;
        using var stream = File.OpenRead(path);
        var digest = Convert.ToHexStringLower(SHA256.HashData(stream));
        return candidates.Find(known => digest.StartsWith(known.Sha256!, StringComparison.Ordinal));
    }

    private static ArgumentException UnknownModel(string model)
    {
        var hint = NearestNames.Hint(model, All.Select(weights => weights.Model).Distinct());
        return new ArgumentException($"No pretrained weights are known for the model '{model}'.{hint}", nameof(model));
    }

    private static IReadOnlyList<string> ReadClassNames()
    {
        using var stream = typeof(KnownWeights).Assembly.GetManifestResourceStream("TransferKit.imagenet_classes.txt")!;
        using var reader = new StreamReader(stream);
        return Array.AsReadOnly(reader.ReadToEnd().TrimEnd('\n').Split('\n'));
    }

    private static IReadOnlyList<WeightsInfo> Read()
    {
        using var stream = typeof(KnownWeights).Assembly.GetManifestResourceStream("TransferKit.known_weights.json")!;
        var rows = JsonSerializer.Deserialize(stream, TableContext.Default.RowArray)!;
        return Array.AsReadOnly(Array.ConvertAll(rows, row => row.ToInfo()));
    }

    /// <summary>A row of known_weights.json, which known_weights.py makes.</summary>
    private sealed record Row(
        string Model, string Name, bool Default, Uri Url, string Sha256, string? OlderFile, double FileSizeMiB,
        double? Acc1, double? Acc5, long Parameters, double Gflops, int MinSize, int Crop, int Resize,
        Interpolation Interpolation, float[] Mean, float[] Std, string License, Uri Source)
    {
        public WeightsInfo ToInfo() => new()
        {
            Model = Model, Name = Name, IsDefault = Default, Url = Url, Sha256 = Sha256, OlderFileName = OlderFile,
            Top1Accuracy = Acc1, Top5Accuracy = Acc5, Parameters = Parameters, Gflops = Gflops, FileSizeMiB = FileSizeMiB,
            MinimumImageSize = MinSize, License = License, Source = Source,
            Preprocessing = new Preprocessing
            {
                CropSize = Crop, ResizeSize = Resize, Interpolation = Interpolation, Mean = Channels(Mean), Std = Channels(Std),
            },
        };

        private static ChannelValues Channels(float[] values) => new(values[0], values[1], values[2]);
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
    [JsonSerializable(typeof(Row[]))]
    private sealed partial class TableContext : JsonSerializerContext;
}
