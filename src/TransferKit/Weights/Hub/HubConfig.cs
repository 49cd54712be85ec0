using System.Text.Json;

namespace TransferKit;

/// <summary>
/// What a repository says of its model: timm's <c>config.json</c>, or transformers' with the <c>preprocessor_config.json</c>
/// beside.
/// </summary>
internal sealed record HubConfig
{
    /// <summary>The file that tells of the model.</summary>
    public const string ModelFile = "config.json";

    /// <summary>The file in which transformers tells how images are prepared.</summary>
    public const string PreprocessorFile = "preprocessor_config.json";

    /// <summary>
    /// The file in which transformers 5 tells the same of networks for images and texts, as their <c>image_processor</c>.
    /// </summary>
    public const string ProcessorFile = "processor_config.json";

    /// <summary>timm's name of the architecture; null: the config isn't timm's, or there is none.</summary>
    public string? Architecture { get; init; }

    /// <summary>What transformers builds the network with; null: the config isn't transformers'.</summary>
    public JsonElement? Transformers { get; init; }

    /// <summary>Arguments that timm builds the network with and the architecture's name doesn't tell.</summary>
    public IReadOnlyList<string> ModelArguments { get; init; } = [];

    /// <summary>How images are to be prepared; null: it isn't said.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>The names of the classes; null: they aren't said, or aren't numbered from 0.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Reads the files.</summary>
    /// <param name="config">The path of <see cref="ModelFile"/>; null: there is none.</param>
    /// <param name="preprocessor">
    /// The path of <see cref="PreprocessorFile"/>, or else of <see cref="ProcessorFile"/>; null: there is neither.
    /// </param>
    /// <exception cref="WeightsException">They say something that can't be.</exception>
    public static HubConfig Read(string? config, string? preprocessor)
    {
        if (config is null)
            return new();
        return Parse(config, root => root.TryGetProperty("architecture", out _)
            ? TimmConfig.Read(root)
            : TransformersConfig.Read(root) with
            {
                Preprocessing = preprocessor is null ? null : Parse(preprocessor, ReadPreprocessing),
            });

        Preprocessing? ReadPreprocessing(JsonElement root) =>
            root.TryGetProperty("image_processor", out var images) ? TransformersConfig.ReadPreprocessing(images)
            : Path.GetFileName(preprocessor) == ProcessorFile ? null : TransformersConfig.ReadPreprocessing(root);
    }

    /// <summary>What the files in the folder of a weights file say.</summary>
    /// <inheritdoc cref="Read"/>
    public static HubConfig Beside(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        return Read(Existing(ModelFile), Existing(PreprocessorFile) ?? Existing(ProcessorFile));

        string? Existing(string name) => Path.Join(folder, name) is var found && File.Exists(found) ? found : null;
    }

    /// <summary>The architecture that the config names.</summary>
    /// <param name="repository">Whose config it is.</param>
    /// <exception cref="WeightsException">It names none, or one that isn't here.</exception>
    public NamedBlueprint FindArchitecture(string repository)
    {
        if (Transformers is { } config)
        {
            try
            {
                return TransformersArchitecture.Find(config);
            }
            catch (Exception error) when (IsMisunderstanding(error))
            {
                throw new WeightsException(repository, $"its config.json is transformers', and {error.Message.TrimEnd('.')}: say "
                    + "which one of timm's it is, as in Backbone.Create(name, Zoo.Timm, Pretrained.FromHub(…)).", error);
            }
        }

        if (Architecture is not { } name)
            throw new WeightsException(repository, "the repository has no config.json that names an architecture: say which one "
                + "it is, as in Backbone.Create(name, Zoo.Timm, Pretrained.FromHub(…)).");
        if (ModelArguments.Count > 0)
            throw new WeightsException(repository, $"its config.json changes the architecture {name} by arguments that aren't "
                + $"followed here: {string.Join(", ", ModelArguments)}.");
        return Architectures.TryFind(name, Zoo.Timm) ?? Architectures.TryFind(name)
            ?? throw new WeightsException(
                repository, $"its config.json names the architecture '{name}'. {Architectures.WhyNot(name, zoo: null)}");
    }

    /// <summary>Names by number, in a list or in an object whose keys are the numbers.</summary>
    public static IReadOnlyList<string>? Names(JsonElement root, params string[] properties)
    {
        foreach (var property in properties)
        {
            if (!root.TryGetProperty(property, out var names))
                continue;
            if (names.ValueKind == JsonValueKind.Array)
                return [.. names.EnumerateArray().Select(Name)];
            if (names.ValueKind != JsonValueKind.Object)
                continue;
            var byNumber = names.EnumerateObject().DistinctBy(name => name.Name)
                .ToDictionary(name => name.Name, name => Name(name.Value));
            var numbers = Enumerable.Range(0, byNumber.Count).Select(number => $"{number}").ToList();
            return numbers.All(byNumber.ContainsKey) ? [.. numbers.Select(number => byNumber[number])] : null;
        }

        return null;

        string Name(JsonElement name) => name.GetString() ?? throw new FormatException("a class has no name");
    }

    /// <summary>One number for each color, also where all share one.</summary>
    public static ChannelValues Channels(JsonElement values)
    {
        var numbers = values.EnumerateArray().Select(value => value.GetSingle()).ToArray();
        return numbers switch
        {
            [var all] => new(all, all, all),
            [var red, var green, var blue] => new(red, green, blue),
            _ => throw new FormatException($"{numbers.Length} channels are neither 1 nor 3"),
        };
    }

    /// <summary>Whether something isn't where it should be, or of another type.</summary>
    private static bool IsMisunderstanding(Exception error) =>
        error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException;

    private static T Parse<T>(string path, Func<JsonElement, T> read)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return read(json.RootElement);
        }
        catch (Exception error) when (IsMisunderstanding(error))
        {
            throw new WeightsException(path, $"can't be understood: {error.Message.TrimEnd('.')}. Pretrained.FromFile takes the "
                + "weights beside it without asking what it says.", error);
        }
    }
}
