using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>What <c>model.json</c> in a saved model says; see <c>docs/model-file.md</c>.</summary>
internal sealed record ModelDescription
{
    /// <summary>The newest format that this library writes, and can read.</summary>
    public const int CurrentVersion = 2;

    /// <summary>The oldest format that it can read, whose <see cref="Preparation"/> is a sentence.</summary>
    public const int OldestVersion = 1;

    /// <summary>The version of the library that runs now.</summary>
    public static string CurrentLibrary { get; } = typeof(ModelDescription).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public required int FormatVersion { get; init; }

    /// <summary>The library's version that wrote the file.</summary>
    public required string Library { get; init; }

    /// <summary>The architecture, by torchvision's name.</summary>
    public required string Model { get; init; }

    /// <summary>Null: the architecture's own, for ImageNet's 1000 classes.</summary>
    public required Head? Head { get; init; }

    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>What the outputs mean. Null in files of older versions, where the metrics know.</summary>
    public LearningTask? Task { get; init; }

    /// <summary>What logits are divided by before they become probabilities; null: nothing.</summary>
    public double? Temperature { get; init; }

    public required Preprocessing Preprocessing { get; init; }

    /// <summary>
    /// How evaluation prepared pictures; null: as <see cref="Preprocessing"/> says, or it isn't known, as in files of older
    /// versions. What it says is up to the dataset.
    /// </summary>
    public JsonElement? Preparation { get; init; }

    /// <summary>Channels of the images.</summary>
    public required int InputChannels { get; init; }

    /// <summary>Whether the network takes images to the range −1..1 itself; see <see cref="TransformInput"/>.</summary>
    public required bool TransformsInput { get; init; }

    /// <summary>Where the backbone's weights came from before training, for people.</summary>
    public required string PretrainedOn { get; init; }

    public required FreezePlan Freezing { get; init; }

    public required BatchNormMode BatchNorm { get; init; }

    /// <summary>How the model did when it was last measured; null: never.</summary>
    public required ModelMetrics? Metrics { get; init; }

    /// <summary>How the model was trained, phase by phase; null in files of older versions, where that isn't known.</summary>
    public IReadOnlyList<TrainedPhase>? Training { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ModelDescription))]
internal sealed partial class ModelDescriptionJson : JsonSerializerContext;
