using System.Globalization;

namespace TransferKit;

/// <summary>How a learning curve is estimated.</summary>
public sealed record LearningCurveOptions : ProbeOptions
{
    /// <summary>
    /// The shares of all samples that are learned from, ascending, each above 0 and at most what the other folds have,
    /// <c>1 − 1 / Folds</c>. Default: 0.1, 0.2, 0.4, 0.8.
    /// </summary>
    public IReadOnlyList<double> Fractions { get; init; } = [0.1, 0.2, 0.4, 0.8];

    private protected override IEnumerable<string> Errors()
    {
        foreach (var error in base.Errors())
            yield return error;
        var most = 1 - 1.0 / Math.Max(Folds, 1);
        if (Fractions.Count < 2 || Fractions.Any(share => !(share > 0 && share <= most + 1e-9))
            || Fractions.Zip(Fractions.Skip(1)).Any(pair => pair.First >= pair.Second))
            yield return "Fractions is "
                + string.Join(", ", Fractions.Select(share => share.ToString(CultureInfo.InvariantCulture)))
                + FormattableString.Invariant($", but must be two or more ascending shares above 0 and at most {most:G3}, ")
                + $"which {Folds} folds leave.";
    }
}
