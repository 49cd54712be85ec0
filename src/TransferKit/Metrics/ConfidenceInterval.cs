using System.Globalization;

namespace TransferKit;

/// <summary>Where a share lies, as far as some samples can tell.</summary>
/// <param name="Low">Its lower end, in 0..1; not a number where there are no samples.</param>
/// <param name="High">Its upper end, in 0..1; not a number where there are no samples.</param>
public readonly record struct ConfidenceInterval(double Low, double High)
{
    /// <summary>The 0.975 quantile of the normal distribution: 95 % lie between it and its negative.</summary>
    private const double Quantile = 1.959963984540054;

    /// <summary>
    /// The 95 % score interval of a share ("Probable inference, the law of succession, and statistical inference", Wilson, 1927),
    /// which also holds for few samples, and where all or none are right: 3 of 3 is 0.44 to 1.
    /// </summary>
    /// <param name="correct">How many of the samples are classified correctly, at least 0.</param>
    /// <param name="count">The number of samples.</param>
    public static ConfidenceInterval Wilson(long correct, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(correct);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(correct, count);
        if (count == 0)
            return new(double.NaN, double.NaN);
        var (share, square) = ((double)correct / count, Quantile * Quantile);
        var center = share + square / (2 * count);
        var spread = Quantile * Math.Sqrt(share * (1 - share) / count + square / (4.0 * count * count));
        var scale = 1 + square / count;
        // Rounding must not leave the share itself outside.
        return new(correct == 0 ? 0 : (center - spread) / scale, correct == count ? 1 : (center + spread) / scale);
    }

    /// <summary><c>0.439–1.000</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Low:F3}–{High:F3}");
}
