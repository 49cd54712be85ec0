using System.Globalization;
using System.Text;

namespace TransferKit;

/// <summary>Samples of a pool without labels that are worth labeling. Immutable.</summary>
public sealed class LabelingSelection
{
    private const int LinesShown = 10;

    internal LabelingSelection()
    {
    }

    /// <summary>The pool that they were chosen from.</summary>
    public required Dataset Pool { get; init; }

    /// <summary>By what.</summary>
    public required LabelingStrategy Strategy { get; init; }

    /// <summary>The samples, in the order in which they were chosen.</summary>
    public required IReadOnlyList<SampleToLabel> Samples { get; init; }

    /// <summary>Their positions in the pool, for <see cref="Dataset.Subset"/> and <see cref="Dataset.Without"/>.</summary>
    public IReadOnlyList<int> Indices => [.. Samples.Select(sample => sample.Index)];

    /// <summary>
    /// Writes the samples as a table, in their order: index, name, suggested, probability, margin, entropy. UTF-8, separated by
    /// commas, with quotation marks where a name needs them.
    /// </summary>
    /// <param name="path">
    /// The file, by convention ending in <c>.csv</c>; one that is there is replaced, a folder that isn't is made.
    /// </param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void SaveCsv(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var text = new StringBuilder("index,name,suggested,probability,margin,entropy\n");
        foreach (var sample in Samples)
            text.Append(CultureInfo.InvariantCulture, $"{sample.Index},{CsvCell.Of(sample.Name)},{CsvCell.Of(sample.Suggested)},")
                .Append(CultureInfo.InvariantCulture, $"{sample.Probability:F6},{sample.Margin:F6},{sample.Entropy:F6}\n");
        AtomicFile.Write(path, text.ToString());
    }

    /// <summary>How many of how many, and the first of them, a line each.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Samples.Count} of {Pool.Count} samples are worth labeling first ({Strategy})");
        foreach (var sample in Samples.Take(LinesShown))
            text.Append(CultureInfo.InvariantCulture, $"\n  {sample}");
        if (Samples.Count > LinesShown)
            text.Append(CultureInfo.InvariantCulture, $"\n  ... and {Samples.Count - LinesShown} more");
        return text.ToString();
    }
}

/// <summary>A sample that is worth labeling, and what a model thinks of it so far.</summary>
public sealed record SampleToLabel
{
    /// <summary>Its position in the pool.</summary>
    public required int Index { get; init; }

    /// <summary>Its file, if it has one, else its position.</summary>
    public required string Name { get; init; }

    /// <summary>The class that it is likeliest of.</summary>
    public required string Suggested { get; init; }

    /// <summary>The probability of <see cref="Suggested"/>, in 0..1.</summary>
    public required double Probability { get; init; }

    /// <summary>That less the probability of the next class, in 0..1. The lower, the less sure.</summary>
    public required double Margin { get; init; }

    /// <summary>The entropy of the probabilities, in nats, from 0 to the logarithm of the number of classes.</summary>
    public required double Entropy { get; init; }

    /// <summary><c>pool/12.jpg: perhaps tulip (0.41), margin 0.03</c></summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Name}: perhaps {Suggested} ({Probability:F2}), margin {Margin:F2}");
}
