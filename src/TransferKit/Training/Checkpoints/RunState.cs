using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>
/// Where a training run stands, but for its tensors. Together with them, all that is needed to go on: randomness depends on
/// seed, epoch and step alone, so there is no state of random generators.
/// </summary>
internal sealed record RunState
{
    /// <summary>The newest format that this library writes, and can read.</summary>
    public const int CurrentVersion = 2;

    /// <summary>The format whose <see cref="Run"/> and <see cref="Circumstances"/> are words, and not data.</summary>
    public const int VersionOfWords = 1;

    public int FormatVersion { get; init; } = CurrentVersion;

    /// <summary>What the run is, name by name; see <see cref="RunIdentity"/>.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Run { get; init; }

    /// <summary>What else its numbers depend on, name by name; a run goes on in others, with a warning.</summary>
    public IReadOnlyDictionary<string, JsonElement> Circumstances { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>How many epochs there were to be; null in checkpoints that don't say so.</summary>
    public int? Epochs { get; init; }

    /// <summary>The epoch that is under way, counted from 1; one more than there are if all are done.</summary>
    public int Epoch { get; init; } = 1;

    /// <summary>What the training half of that epoch has brought so far.</summary>
    public RunningSums Sums { get; init; } = new();

    /// <summary>Optimizer steps made.</summary>
    public long Steps { get; init; }

    /// <summary>Steps that fp16 left out, and the scale of the loss; see <see cref="LossScaler"/>.</summary>
    public double LossScale { get; init; } = LossScaler.First;

    /// <summary>Steps since the scale changed.</summary>
    public int StepsSinceScaling { get; init; }

    /// <summary>How often weights were averaged.</summary>
    public long Averaged { get; init; }

    /// <summary>The last epoch whose end the average was told of.</summary>
    public int AveragedEpoch { get; init; }

    /// <summary>Every finished epoch.</summary>
    public IReadOnlyList<EpochResult> History { get; init; } = [];

    /// <summary>The epoch whose weights are kept as the best; 0: none yet.</summary>
    public int BestEpoch { get; init; }

    /// <summary>How that epoch did.</summary>
    public ModelMetrics? BestMetrics { get; init; }

    /// <summary>How the last finished epoch did.</summary>
    public ModelMetrics? LastMetrics { get; init; }
}

/// <summary>The JSON form of <see cref="RunState"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunState))]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
internal sealed partial class RunStateJson : JsonSerializerContext
{
    /// <exception cref="JsonException">It is none, or it lacks something.</exception>
    public static RunState Parse(ReadOnlySpan<byte> json)
    {
        var state = JsonSerializer.Deserialize(json, Default.RunState) ?? throw new JsonException("It is empty.");
        return state with { Run = state.Run.ToDictionary(fact => CurrentName(fact.Key), fact => fact.Value) };
    }

    /// <summary>The name that an option of a saved run has now.</summary>
    private static string CurrentName(string saved) => saved == "Watch" ? nameof(TrainingOptions.Monitor) : saved;
}
