using System.Globalization;

namespace TransferKit;

/// <summary>
/// Ends training when the monitored score no longer improves, as Keras' and Lightning's EarlyStopping do. A value.
/// </summary>
/// <param name="Patience">
/// Epochs in a row without improvement that end training, at least 0; 0 ends it as 1 does. Default: 5.
/// </param>
/// <param name="MinimumDelta">How much better a score must be to count as an improvement, at least 0. Default: 0.</param>
public sealed record EarlyStopping(int Patience = 5, double MinimumDelta = 0)
{
    /// <summary>Whether a run with these values of a score, first epoch first, has to end.</summary>
    internal bool IsDue(IEnumerable<double> values, Score score)
    {
        var (best, waited) = (double.NaN, 0);
        foreach (var value in values)
        {
            var improves = score.IsBetter(value, best, MinimumDelta);
            waited = improves ? 0 : waited + 1;
            best = improves ? value : best;
        }
        return waited >= Math.Max(Patience, 1);
    }

    internal IEnumerable<string> ValidationErrors()
    {
        if (Patience < 0)
            yield return $"The patience of early stopping is {Patience}, but must be at least 0.";
        if (!(MinimumDelta >= 0))
            yield return FormattableString.Invariant(
                $"The minimum delta of early stopping is {MinimumDelta}, but must be at least 0.");
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"after {Patience} epochs without {MinimumDelta} more");
}
