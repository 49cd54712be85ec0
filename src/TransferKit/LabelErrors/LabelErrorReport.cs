using System.Globalization;
using System.Text;

namespace TransferKit;

/// <summary>Which labels of a dataset are doubtful, and which samples are odd. Immutable.</summary>
public sealed class LabelErrorReport
{
    private const int LinesShown = 10;

    internal LabelErrorReport()
    {
    }

    /// <summary>The samples that were looked at.</summary>
    public required Dataset Data { get; init; }

    /// <summary>Samples that are thought to be of another class than their label says, the most doubtful first.</summary>
    public required IReadOnlyList<LabelError> Errors { get; init; }

    /// <summary>
    /// The share of all samples that are said to be of a class (row) and are thought to be of a class (column): a copy.
    /// </summary>
    public double[,] Joint() => (double[,])JointShares.Clone();

    /// <summary>How well the given labels were predicted by models that hadn't learned from them.</summary>
    public required EvaluationResult Evaluation { get; init; }

    /// <summary>
    /// Samples that are like no others, the oddest first: their mean distance to the nearest ones (Kuan and Mueller, 2022) is
    /// more than three robust standard deviations (1.4826 times the median absolute deviation) above the median.
    /// </summary>
    public required IReadOnlyList<Outlier> Outliers { get; init; }

    /// <summary>
    /// Pairs that look all but the same and have different labels, of which one must be wrong, the most alike first: nearer than
    /// 0.13 of the median distance to the nearest sample, cleanlab's limit.
    /// </summary>
    public required IReadOnlyList<ConflictingPair> Conflicts { get; init; }

    /// <summary>The positions of <see cref="Errors"/>, for <see cref="Dataset.Without"/>.</summary>
    public IReadOnlyList<int> Indices => [.. Errors.Select(error => error.Index)];

    /// <summary>The classes that <see cref="Errors"/> are likely of, by position, for <see cref="Dataset.Relabel"/>.</summary>
    public IReadOnlyDictionary<int, string> Suggestions => Errors.ToDictionary(error => error.Index, error => error.Suggested);

    internal double[,] JointShares { get; init; } = new double[0, 0];

    /// <summary>
    /// Writes <see cref="Errors"/> as a table, the most doubtful first: index, name, label, suggested, label_probability,
    /// suggested_probability, margin. UTF-8, separated by commas, with quotation marks where a name needs them.
    /// </summary>
    /// <param name="path">
    /// The file, by convention ending in <c>.csv</c>; one that is there is replaced, a folder that isn't is made.
    /// </param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void SaveCsv(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var text = new StringBuilder("index,name,label,suggested,label_probability,suggested_probability,margin\n");
        foreach (var error in Errors)
            text.Append(CultureInfo.InvariantCulture,
                    $"{error.Index},{CsvCell.Of(error.Name)},{CsvCell.Of(error.Label)},{CsvCell.Of(error.Suggested)},")
                .Append(CultureInfo.InvariantCulture,
                    $"{error.LabelProbability:F6},{error.SuggestedProbability:F6},{error.Margin:F6}\n");
        AtomicFile.Write(path, text.ToString());
    }

    /// <summary>The findings, a few lines each.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"{Data.Count} samples, of which {100 * Evaluation.Accuracy:F1} % are predicted as labeled");
        Append("Doubtful labels", Errors);
        Append("Alike, with different labels", Conflicts);
        Append("Like no others", Outliers);
        return text.ToString();

        void Append<T>(string heading, IReadOnlyList<T> found)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{heading}: {found.Count}");
            foreach (var one in found.Take(LinesShown))
                text.Append(CultureInfo.InvariantCulture, $"\n  {one}");
            if (found.Count > LinesShown)
                text.Append(CultureInfo.InvariantCulture, $"\n  ... and {found.Count - LinesShown} more");
        }
    }
}

/// <summary>A sample that is thought to be of another class than its label says.</summary>
public sealed record LabelError
{
    /// <summary>Its position in the dataset.</summary>
    public required int Index { get; init; }

    /// <summary>Its file, if it has one, else its position.</summary>
    public required string Name { get; init; }

    /// <summary>The class that it is said to have.</summary>
    public required string Label { get; init; }

    /// <summary>The class that is most probable.</summary>
    public required string Suggested { get; init; }

    /// <summary>The probability of <see cref="Label"/>, in 0..1: the self-confidence.</summary>
    public required double LabelProbability { get; init; }

    /// <summary>The probability of <see cref="Suggested"/>, in 0..1.</summary>
    public required double SuggestedProbability { get; init; }

    /// <summary>
    /// The normalized margin, in −1..1: the probability of the label less the highest of the other classes. The lower, the more
    /// doubtful.
    /// </summary>
    public required double Margin { get; init; }

    /// <summary><c>data/daisy/12.jpg: daisy (0.02), likely tulip (0.97)</c></summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Name}: {Label} ({LabelProbability:F2}), likely {Suggested} ({SuggestedProbability:F2})");
}

/// <summary>A sample that is like no others.</summary>
/// <param name="Index">Its position in the dataset.</param>
/// <param name="Name">Its file, if it has one, else its position.</param>
/// <param name="Label">Its class.</param>
/// <param name="Distance">The mean distance to the nearest samples, in 0..2: 1 less the cosine.</param>
public sealed record Outlier(int Index, string Name, string Label, double Distance)
{
    /// <summary><c>data/daisy/12.jpg: daisy, 0.412 from its nearest</c></summary>
    public override string ToString() => FormattableString.Invariant($"{Name}: {Label}, {Distance:F3} from its nearest");
}

/// <summary>Two samples that look all but the same and have different labels.</summary>
public sealed record ConflictingPair
{
    /// <summary>The position of the first in the dataset.</summary>
    public required int First { get; init; }

    /// <summary>The position of the second, higher than <see cref="First"/>.</summary>
    public required int Second { get; init; }

    /// <summary>The first one's file, if it has one, else its position.</summary>
    public required string FirstName { get; init; }

    /// <summary>The second one's.</summary>
    public required string SecondName { get; init; }

    /// <summary>The first one's class.</summary>
    public required string FirstLabel { get; init; }

    /// <summary>The second one's.</summary>
    public required string SecondLabel { get; init; }

    /// <summary>The distance between both, in 0..2: 1 less the cosine.</summary>
    public required double Distance { get; init; }

    /// <summary><c>a.jpg (daisy) and b.jpg (tulip), 0.003 apart</c></summary>
    public override string ToString() =>
        FormattableString.Invariant($"{FirstName} ({FirstLabel}) and {SecondName} ({SecondLabel}), {Distance:F3} apart");
}
