using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace TransferKit.Vision;

/// <summary>
/// Pictures in tar files as the WebDataset library writes them: files that follow each other and have the same name up to its
/// first dot are a sample, <c>000001.jpg</c> and <c>000001.cls</c>. The archives' tables of contents are read once; pictures are
/// then read from where they lie. Archives may not be compressed.
/// </summary>
public sealed class WebDataset : ImageDataset
{
    private const string Extension = ".tar";

    private WebDataset(
        IReadOnlyList<string> shards, string[] classNames, ImageSource[] sources, Targets targets, IReadOnlyList<string> ignored,
        ImageOptions options)
        : base(classNames, sources, targets, options, ignored: ignored) => Shards = shards;

    /// <summary>The files that were opened, as full paths.</summary>
    public IReadOnlyList<string> Shards { get; }

    /// <summary>Opens shards whose samples have one class each.</summary>
    /// <param name="shards">
    /// The tar files: a path, in which <c>*</c> and <c>?</c> of the file's name stand for any characters and for one, and, as in
    /// a shell, <c>{00..12}</c> for numbers and <c>{a,b}</c> for either.
    /// </param>
    /// <param name="labelExtension">
    /// Which file of a sample tells its class. <c>cls</c> holds the class's number, from 0, or its name; <c>json</c> an object,
    /// of which <paramref name="labelField"/> is a number or a name; any other holds a name. Alternatives are separated by
    /// semicolons.
    /// </param>
    /// <param name="imageExtension">
    /// Which file of a sample is the picture, such as <c>jpg</c> or <c>jpg;png</c>; by default the one with a picture's
    /// extension.
    /// </param>
    /// <param name="labelField">What the class is called in a file of JSON.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <param name="classes">
    /// The classes in the order of their labels; by default the names that occur, sorted, or the numbers up to the largest.
    /// </param>
    /// <param name="shuffleBuffer">
    /// For archives on a disk that seeks slowly, or on a network: bytes of memory in which pictures are shuffled. Training then
    /// reads stretches of 16 MiB, as many as fill half of it at a time, in an order drawn anew in each epoch, and shuffles the
    /// pictures in them. By default, every picture is read alone, in any order, which is as fast where the disk is.
    /// </param>
    /// <exception cref="DatasetException">
    /// There is no such file; an archive is compressed, damaged or truncated; a sample has no picture, or several, or no class;
    /// a class is none of the classes; there are fewer than two.
    /// </exception>
    public static WebDataset Open(
        string shards, string labelExtension = "cls", string? imageExtension = null, string labelField = "label",
        ImageOptions? options = null, IReadOnlyList<string>? classes = null, long? shuffleBuffer = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(labelExtension);
        ArgumentException.ThrowIfNullOrEmpty(labelField);
        if (classes is not null)
            ClassOrder.RequireNames(classes, nameof(classes));
        var read = OfEach(shards, shuffleBuffer, (shard, memory) =>
        {
            var samples = shard.Read(imageExtension, memory);
            return (Samples: samples, shard.Ignored,
                Labels: samples.ConvertAll(sample => ReadLabel(sample, labelExtension, labelField)));
        });
        options ??= new ImageOptions();
        string[] ignored = [.. read.SelectMany(one => one.Value.Ignored)];
        if (ignored.Length > 0)
            options.Logger.LogWarning(
                "{Count} files in '{Shards}' are ignored, as they belong to no sample: {Files}",
                ignored.Length, shards, IgnoredFiles.Describe(ignored));

        ImageSource[] sources = [.. read.SelectMany(one => one.Value.Samples).Select(sample => sample.Image)];
        if (sources.Length == 0)
            throw new DatasetException(read[0].File, $"There are no samples in '{shards}'.");
        var labels = read.SelectMany(one => one.Value.Labels).Select(label => new[] { label });
        var (names, targets) = new ShardLabels(sources, [.. labels], classes).Single();
        return new WebDataset([.. read.Select(one => one.File)], names, sources, targets, ignored, options);
    }

    /// <summary>
    /// Lists the samples of shards, for datasets of other kinds: <see cref="ImageList.CreateMultiLabel"/> takes several classes a
    /// picture, <see cref="ImageList.CreateRegression"/> numbers.
    /// </summary>
    /// <inheritdoc cref="Open" path="/param"/>
    /// <exception cref="DatasetException">
    /// There is no such file; an archive is compressed, damaged or truncated; a sample has no picture, or several.
    /// </exception>
    public static IReadOnlyList<WebDatasetSample> ReadSamples(
        string shards, string? imageExtension = null, long? shuffleBuffer = null) =>
    [
        .. OfEach(shards, shuffleBuffer, (shard, memory) => shard.Read(imageExtension, memory)).SelectMany(one => one.Value),
    ];

    private static (string File, T Value)[] OfEach<T>(string shards, long? shuffleBuffer, Func<TarShard, BlockMemory?, T> read)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shuffleBuffer ?? 1, nameof(shuffleBuffer));
        var memory = shuffleBuffer is { } bytes ? new BlockMemory(bytes) : null;
        return ShardFiles.ReadEach(ShardFiles.Find(shards, Extension), file => (file, read(new TarShard(file), memory)));
    }

    private static ShardLabel ReadLabel(WebDatasetSample sample, string extension, string field)
    {
        var found = sample.Find(extension, " Say which tells its class with labelExtension.");
        var text = sample.Text(found);
        if (found.EndsWith("json", StringComparison.Ordinal))
            return ReadField(sample.NameOf(found), text, field);
        var isNumber = found.EndsWith("cls", StringComparison.Ordinal);
        return text.Length == 0
            ? throw new DatasetException(sample.NameOf(found), $"'{sample.NameOf(found)}' is empty; "
                + "it should tell the sample's class.")
            : new(text, isNumber && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
                ? number
                : null);
    }

    private static ShardLabel ReadField(string file, string json, string field)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var fields = root.ValueKind == JsonValueKind.Object ? root.EnumerateObject().Select(one => one.Name).ToArray() : [];
            if (!fields.Contains(field))
                throw new DatasetException(
                    file, $"'{file}' has no field '{field}'; "
                    + (fields.Length > 0 ? $"its fields are {string.Join(", ", fields)}." : "it is no object."));
            var value = root.GetProperty(field);
            return value.ValueKind switch
            {
                JsonValueKind.String when value.GetString() is { Length: > 0 } name => new(name, null),
                JsonValueKind.Number when value.TryGetInt64(out var number) => new(value.GetRawText(), number),
                _ => throw new DatasetException(
                    file, $"The field '{field}' of '{file}' is {value.GetRawText()}, neither a class's number nor its name."),
            };
        }
        catch (JsonException error)
        {
            throw new DatasetException(file, $"'{file}' is no JSON: {error.Message}", error);
        }
    }
}
