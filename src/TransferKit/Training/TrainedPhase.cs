using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>
/// What one phase of a training did, as it ran and not as it was asked for: a <see cref="TrainingStrategy"/> has settings of its
/// own. Reports and logs say it, and models keep it when they are saved. A training that isn't divided is one phase.
/// </summary>
public sealed record TrainedPhase
{
    /// <summary>The strategy that the phase belongs to, in words: <c>fine-tuning, 1 epoch for the head</c>.</summary>
    public required string Strategy { get; init; }

    /// <summary>The phase, counted from 1 in each training.</summary>
    public required int Number { get; init; }

    /// <summary>How many phases the training had.</summary>
    public required int Count { get; init; }

    /// <summary>The recipe of the model, in words.</summary>
    public required string Plan { get; init; }

    /// <summary>
    /// Which layers trained, each the outermost of which all weights did: <c>layer4, fc</c>; or <c>all layers</c>.
    /// </summary>
    public required string Layers { get; init; }

    /// <summary>How many parameters trained.</summary>
    public required long Parameters { get; init; }

    /// <summary>Height and width of the images, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>The number of training samples.</summary>
    public required int TrainSamples { get; init; }

    /// <summary>The number of validation samples.</summary>
    public required int ValidationSamples { get; init; }

    /// <summary>The number in the training's history of the first epoch.</summary>
    public required int FirstEpoch { get; init; }

    /// <summary>How many epochs were finished; early stopping and cancelling make less of them than the settings say.</summary>
    public required int Epochs { get; init; }

    /// <summary>Why the phase ended; null: by an error, and the model kept what it had learned by then.</summary>
    public StopReason? StopReason { get; init; }

    /// <summary>What was done to spare the work of layers that don't train, in words.</summary>
    public string FrozenLayers { get; init; } = "";

    /// <summary>
    /// What decided the numbers that came out, name by name, as <see cref="TrainingOptions"/> calls it; what was off is left
    /// out.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>What training did to samples, as data, as far as the dataset knows; null: nothing.</summary>
    [JsonInclude]
    internal JsonElement? Augmentation { get; init; }

    /// <summary><c>phase 1 of 2, epochs 1 to 3: fc trained (1,026 parameters); Epochs 3; BatchSize 32; …</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"phase {Number} of {Count}, {EpochsInWords}: {Layers} trained ({Parameters:N0} parameters); {SettingsInWords}");

    /// <summary>Whether training did anything to samples.</summary>
    internal bool Augments => IsAugmenting(Settings);

    internal string EpochsInWords => Epochs switch
    {
        0 => "no epoch",
        1 => $"epoch {FirstEpoch}",
        _ => $"epochs {FirstEpoch} to {FirstEpoch + Epochs - 1}",
    };

    internal string SettingsInWords => string.Join("; ", Settings.Select(setting => $"{setting.Key} {setting.Value}"));

    /// <summary>A phase that is about to train.</summary>
    internal static TrainedPhase Of(LiveModel model, TrainingStrategy strategy, (int Number, int Count) phase, int firstEpoch,
        int doneEpochs, TrainingRequest request, IReadOnlyDictionary<string, string> settings) => new()
        {
            Strategy = strategy.ToString(),
            Number = phase.Number,
            Count = phase.Count,
            Plan = model.Recipe.InWords(request.Task.Task),
            Layers = TrainingLayers(model.Network),
            Parameters = model.CountParameters().Training,
            ImageSize = model.Preprocessing.CropSize,
            TrainSamples = request.Train.Count,
            ValidationSamples = request.Validation.Count,
            FirstEpoch = firstEpoch,
            Epochs = doneEpochs,
            Settings = settings.Where(setting => setting.Value.Length > 0).ToDictionary(),
            Augmentation = IsAugmenting(settings) ? request.Train.Augmentation(model.Preprocessing) : null,
        };

    private static bool IsAugmenting(IReadOnlyDictionary<string, string> settings) =>
        settings.GetValueOrDefault(nameof(TrainingOptions.Augment), "no") != "no";

    private static string TrainingLayers(Network network)
    {
        var weights = network.NamedWeights().Where(found => !found.Weight.IsBuffer)
            .Select(found => (Path: found.Name.Split('.'), found.Weight.IsTrainable)).ToList();
        return weights.TrueForAll(weight => weight.IsTrainable) ? "all layers" : string.Join(", ", Within(weights, depth: 0));

        // Paths that lie in one layer so deep, those of it alone that train, as shortly as can be.
        static IEnumerable<string> Within(IReadOnlyList<(string[] Path, bool IsTrainable)> weights, int depth) =>
            weights.GroupBy(weight => string.Join('.', weight.Path.Take(depth + 1))).SelectMany(layer =>
                layer.All(weight => weight.IsTrainable) ? [layer.Key]
                : layer.Any(weight => weight.IsTrainable) ? Within([.. layer], depth + 1)
                : (IEnumerable<string>)[]);
    }
}
