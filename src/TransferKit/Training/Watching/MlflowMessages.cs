using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>A number at a step.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">The number, finite.</param>
/// <param name="Timestamp">When it was measured, in Unix milliseconds.</param>
/// <param name="Step">The epoch, or the batch.</param>
internal sealed record MlflowMetric(string Key, double Value, long Timestamp, long Step);

/// <summary>A parameter, which can be said once, or a tag.</summary>
internal sealed record MlflowText(string Key, string Value);

/// <summary>The body of <c>experiments/create</c>.</summary>
internal sealed record MlflowExperiment(string Name);

/// <summary>The body of <c>runs/create</c>.</summary>
internal sealed record MlflowNewRun(string ExperimentId, string? RunName, long StartTime, IReadOnlyList<MlflowText> Tags);

/// <summary>The body of <c>runs/log-batch</c>.</summary>
internal sealed record MlflowBatch(string RunId, IReadOnlyList<MlflowMetric> Metrics, IReadOnlyList<MlflowText> Params);

/// <summary>The body of <c>runs/update</c>.</summary>
internal sealed record MlflowUpdate(string RunId, string Status, long? EndTime);

/// <summary>A run as it is known here.</summary>
internal sealed record MlflowRun
{
    /// <summary>What the server calls it; null: it doesn't know it yet.</summary>
    public string? Id { get; init; }

    /// <summary>When it began, in Unix milliseconds.</summary>
    public required long StartTime { get; init; }

    /// <summary>What it has been told up to now: phases with their parameters, epochs, and batches.</summary>
    public int Phases { get; init; }

    /// <inheritdoc cref="Phases"/>
    public int Epochs { get; init; }

    /// <inheritdoc cref="Phases"/>
    public long Batches { get; init; }

    /// <summary>The same once it is told something more.</summary>
    public MlflowRun With(MlflowEntry entry) => this with
    {
        Phases = Math.Max(Phases, entry.Phase),
        Epochs = Math.Max(Epochs, entry.Epoch),
        Batches = Math.Max(Batches, entry.Batch),
    };
}

/// <summary>Something that a run is told.</summary>
internal sealed record MlflowEntry
{
    /// <summary>The phase whose parameters these are; 0: they are something else.</summary>
    public int Phase { get; init; }

    /// <summary>The epoch whose numbers these are; 0: they are something else.</summary>
    public int Epoch { get; init; }

    /// <summary>The batch, counted through all epochs, whose numbers these are; 0: they are something else.</summary>
    public long Batch { get; init; }

    /// <summary>Parameters.</summary>
    public IReadOnlyList<MlflowText> Params { get; init; } = [];

    /// <summary>Numbers.</summary>
    public IReadOnlyList<MlflowMetric> Metrics { get; init; } = [];

    /// <summary>How the run stands from now on, in MLflow's words; null: as before.</summary>
    public string? Status { get; init; }

    /// <summary>When it ended, in Unix milliseconds; null: it hasn't.</summary>
    public long? EndTime { get; init; }
}

/// <summary>The JSON forms: MLflow's, and those of the file beside a run.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(MlflowExperiment))]
[JsonSerializable(typeof(MlflowNewRun))]
[JsonSerializable(typeof(MlflowUpdate))]
[JsonSerializable(typeof(MlflowRun))]
[JsonSerializable(typeof(MlflowEntry))]
internal sealed partial class MlflowJson : JsonSerializerContext;

/// <summary>The JSON form of a batch, which has zeros that count.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MlflowBatch))]
internal sealed partial class MlflowBatchJson : JsonSerializerContext;
