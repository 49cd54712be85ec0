using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>
/// Writes a run's epochs into a file, a line for each as soon as it is done: JSON (<c>.jsonl</c>) or comma-separated values
/// (<c>.csv</c>), by the file's extension. A run that goes on from a checkpoint goes on in its file, with every epoch once;
/// another run replaces the file.
/// </summary>
public sealed class HistoryFile : ITrainingObserver
{
    private static readonly (string Name, Func<EpochResult, double> Value)[] Columns =
    [
        ("epoch", epoch => epoch.Epoch),
        ("train_loss", epoch => epoch.TrainLoss),
        ("train_accuracy", epoch => epoch.TrainAccuracy),
        ("validation_loss", epoch => epoch.ValidationLoss),
        ("validation_accuracy", epoch => epoch.ValidationAccuracy),
        ("watched", epoch => epoch.Monitored),
        ("learning_rate", epoch => epoch.LearningRate),
        ("train_seconds", epoch => epoch.TrainTime.TotalSeconds),
        ("validation_seconds", epoch => epoch.ValidationTime.TotalSeconds),
        ("train_images_per_second", epoch => epoch.TrainImagesPerSecond),
    ];

    private readonly bool _isJson;

    /// <summary>Writes to a file.</summary>
    /// <param name="path">The file, ending in <c>.csv</c> or <c>.jsonl</c>; its folder is made if it isn't there.</param>
    /// <exception cref="ArgumentException">It ends in something else.</exception>
    public HistoryFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _isJson = System.IO.Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".JSONL" => true,
            ".CSV" => false,
            var other => throw new ArgumentException($"A history ends in .csv or .jsonl, not in '{other}'.", nameof(path)),
        };
        Path = System.IO.Path.GetFullPath(path);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Started(TrainingStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        // Written anew from what the checkpoint knows: lines after it, which will come again, are gone.
        AtomicFile.Write(Path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            if (!_isJson)
                writer.Write(string.Join(',', Columns.Select(column => column.Name)) + '\n');
            foreach (var epoch in start.History)
                writer.Write(Line(epoch));
        });
    }

    /// <inheritdoc/>
    public void EpochFinished(EpochResult epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        File.AppendAllText(Path, Line(epoch));
    }

    private string Line(EpochResult epoch) => (_isJson
        ? JsonSerializer.Serialize(Columns.ToDictionary(column => column.Name, column => Finite(column.Value(epoch))),
            HistoryJson.Default.DictionaryStringNullableDouble)
        : string.Join(',', Columns.Select(column => Finite(column.Value(epoch))?.ToString(CultureInfo.InvariantCulture)))) + '\n';

    /// <summary>JSON has no other numbers, and spreadsheets take an empty cell.</summary>
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>The JSON form of a line of <see cref="HistoryFile"/>.</summary>
[JsonSerializable(typeof(Dictionary<string, double?>))]
internal sealed partial class HistoryJson : JsonSerializerContext;
