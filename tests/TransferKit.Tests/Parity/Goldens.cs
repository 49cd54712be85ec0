using System.IO.Compression;
using System.Text.Json;

namespace TransferKit.Tests.Parity;

/// <summary>What make_goldens.py found out about torchvision's models, and make_timm_goldens.py about timm's.</summary>
internal static class Goldens
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Of torchvision's models, and of timm's.</summary>
    public static IReadOnlyList<LogitsGolden> Logits { get; } =
        [.. Read<List<LogitsGolden>>("logits.json"), .. Read<List<LogitsGolden>>("timm_logits.json")];

    /// <summary>By timm's name the first digits of the SHA-256 of a network's sorted lines, as in <see cref="StateDictGolden"/>.</summary>
    public static IReadOnlyDictionary<string, string> TimmStateDicts { get; } =
        ReadCompressed<Dictionary<string, string>>("timm_state_dicts.json.gz");

    /// <summary>
    /// By timm's name how it starts parameters, with seed 0: a number where all values are the same, else mean, deviation,
    /// kurtosis and largest absolute value.
    /// </summary>
    public static IReadOnlyDictionary<string, Dictionary<string, double[]>> TimmInitialisation { get; } =
        ReadCompressed<Dictionary<string, Dictionary<string, double[]>>>("timm_initialisation.json.gz");

    /// <summary>What networks say whose weights are in transformers' files.</summary>
    public static IReadOnlyList<TransformersGolden> Transformers { get; } =
        ReadCompressed<List<TransformersGolden>>("transformers_goldens.json.gz");

    public static IReadOnlyDictionary<string, StateDictGolden> StateDicts { get; } =
        Read<Dictionary<string, StateDictGolden>>("state_dicts.json");

    /// <summary>By model, then by parameter.</summary>
    public static IReadOnlyDictionary<string, Dictionary<string, InitialisationGolden>> Initialisation { get; } =
        Read<Dictionary<string, Dictionary<string, InitialisationGolden>>>("initialisation.json");

    public static FormulaGolden Formula { get; } = Read<FormulaGolden>("formula.json");

    /// <summary>A model's sorted state_dict lines, <c>conv1.weight 64,3,7,7 float32</c>: what its digest is of.</summary>
    public static IReadOnlyList<string> StateDictLines(string model)
    {
        return ReadCompressed<Dictionary<string, List<string>>>("state_dict_keys.json.gz")[model];
    }

    private static T ReadCompressed<T>(string name)
    {
        using var file = File.OpenRead(Locate(name));
        using var text = new GZipStream(file, CompressionMode.Decompress);
        return JsonSerializer.Deserialize<T>(text, Format)!;
    }

    private static T Read<T>(string name)
    {
        using var file = File.OpenRead(Locate(name));
        return JsonSerializer.Deserialize<T>(file, Format) ?? throw new InvalidDataException($"{name} is empty.");
    }

    private static string Locate(string name) => Path.Join(AppContext.BaseDirectory, "Parity", name);
}

/// <param name="Sha256">Of the sorted lines, each ending in a line feed.</param>
internal sealed record StateDictGolden(long Parameters, int Keys, string Sha256);

/// <summary>The outputs of a filled network for formula images.</summary>
/// <param name="RatesSetToZero">Whether dropout or stochastic depth was switched off for <paramref name="Training"/>.</param>
/// <param name="Evaluation">The logits before any running statistic changed.</param>
/// <param name="Training">The logits of the training forward pass that came next.</param>
/// <param name="RunningStatistics">Norms of batch-norm buffers after the training forward pass.</param>
/// <param name="Gradients">Norms of parameters' gradients of mean(training logits · coefficients).</param>
/// <param name="Images">How many images there are.</param>
internal sealed record LogitsGolden(
    string Model, int Size, double Gain, string Style, bool RatesSetToZero, LogitsSummary Evaluation, LogitsSummary Training,
    Dictionary<string, double> RunningStatistics, Dictionary<string, double> Gradients, int Images = 2)
{
    public Filling Filling => new(Gain, Style);
}

/// <summary>A repository of transformers', filled, and the outputs for two formula images.</summary>
/// <param name="Architecture">Which of ours it is.</param>
/// <param name="Config">Its <c>config.json</c>.</param>
/// <param name="Shapes">The shapes in its file by key.</param>
/// <param name="Outputs">The first eight logits of each image, or features where there is no classifier.</param>
/// <param name="Largest">The largest absolute value of all.</param>
internal sealed record TransformersGolden(
    string Architecture, JsonElement Config, int Size, double Gain, string Style, Dictionary<string, long[]> Shapes,
    double[][] Outputs, double Largest)
{
    public Filling Filling => new(Gain, Style);
}

/// <param name="First">The first eight logits of each image.</param>
/// <param name="Mean">Over all logits, as the following.</param>
/// <param name="Largest">The largest absolute value.</param>
/// <param name="Norm">The Euclidean norm.</param>
internal sealed record LogitsSummary(double[][] First, double Mean, double Largest, double Norm);

/// <summary>How torchvision initializes one parameter, with seed 0.</summary>
/// <param name="Kind">The layer and the parameter: <c>Conv2d weight</c>.</param>
internal sealed record InitialisationGolden(string Kind, long Elements, double Mean, double Std, double Min, double Max);

internal sealed record FormulaGolden(FilledGolden[] Fillings, ImagesGolden Images, CoefficientsGolden Coefficients);

internal sealed record FilledGolden(string Key, long[] Shape, double Gain, string Style, float[] First, string Sha256);

internal sealed record ImagesGolden(int Size, float[] First, string Sha256);

internal sealed record CoefficientsGolden(int Classes, float[] First, string Sha256);
