using System.Globalization;
using System.Text;

namespace TransferKit;

/// <summary>Samples laid out such that those that a network sees alike lie near each other. Immutable.</summary>
public sealed class DataMap
{
    internal DataMap()
    {
    }

    /// <summary>The samples that the map is of.</summary>
    public required Dataset Data { get; init; }

    /// <summary>Where each sample lies, in the dataset's order; those that can't be read are on no map.</summary>
    public required IReadOnlyList<MappedSample> Samples { get; init; }

    /// <summary>
    /// How far samples that are near each other in the map are so to the network (Venna and Kaski, 2001), of 5 neighbors; 1: all
    /// of them. NaN for fewer than 11 samples.
    /// </summary>
    public required double Trustworthiness { get; init; }

    /// <summary>
    /// Writes the map as a table: index, name, label (empty where a sample has not one class), x, y. UTF-8, separated by commas,
    /// with quotation marks where a name needs them.
    /// </summary>
    /// <param name="path">
    /// The file, by convention ending in <c>.csv</c>; one that is there is replaced, a folder that isn't is made.
    /// </param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void SaveCsv(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var text = new StringBuilder("index,name,label,x,y\n");
        foreach (var sample in Samples)
            text.Append(CultureInfo.InvariantCulture,
                $"{sample.Index},{CsvCell.Of(sample.Name)},{CsvCell.Of(sample.Label ?? "")},{sample.X:F4},{sample.Y:F4}\n");
        AtomicFile.Write(path, text.ToString());
    }

    /// <summary><c>a map of 900 samples, trustworthiness 0.9712</c></summary>
    public override string ToString() =>
        FormattableString.Invariant($"a map of {Samples.Count} samples, trustworthiness {Trustworthiness:F4}");
}

/// <summary>A sample and its place in a <see cref="DataMap"/>.</summary>
public sealed record MappedSample
{
    /// <summary>Its position in the dataset.</summary>
    public required int Index { get; init; }

    /// <summary>Its file, if it has one, else its position.</summary>
    public required string Name { get; init; }

    /// <summary>Its class; null: samples don't have one class each.</summary>
    public required string? Label { get; init; }

    /// <summary>How far to the right it lies; units mean nothing.</summary>
    public required float X { get; init; }

    /// <summary>How far up it lies.</summary>
    public required float Y { get; init; }

    /// <summary><c>data/daisy/12.jpg: daisy, at (3.2, −14.1)</c></summary>
    public override string ToString() => FormattableString.Invariant($"{Name}: {Label ?? "no class"}, at ({X:F1}, {Y:F1})");
}
