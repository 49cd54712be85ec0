namespace TransferKit;

/// <summary>How the values of an activation are distributed.</summary>
/// <param name="Low">The least of them, or 0.</param>
/// <param name="High">The greatest of them, or 0; above <paramref name="Low"/>.</param>
/// <param name="Counts">How many lie in each of <see cref="Bins"/> bins of the same width between these.</param>
internal sealed record ActivationHistogram(float Low, float High, double[] Counts)
{
    /// <summary>How many bins there are.</summary>
    public const int Bins = 2048;

    private const int Levels = 256;

    /// <summary>Candidates for each end of a range: from all of it down to a fifth.</summary>
    private const int Candidates = 41;

    /// <summary>The share of the values that <see cref="CalibrationMethod.Percentile"/> leaves out at each end.</summary>
    private const double LeftOut = 0.00005;

    private double Width => ((double)High - Low) / Bins;

    /// <summary>The range in which the values are rounded.</summary>
    public QuantizationRange Range(CalibrationMethod method) => method switch
    {
        CalibrationMethod.MeanSquaredError => Least((low, high) => Error(QuantizationRange.Of(low, high))),
        CalibrationMethod.Percentile => QuantizationRange.Of(
            (float)(Low + Outside(Counts) * Width), (float)(High - Outside(Counts.Reverse()) * Width)),
        CalibrationMethod.Entropy => Least((low, high) => Divergence(BinOf(low), BinOf(high))),
        _ => throw new ArgumentException($"{nameof(OnnxOptions.CalibrationMethod)} is {method}, which is no method."),
    };

    /// <summary>
    /// Moves first the upper and then the lower end to where the cost is least: few values far out cost more when all others get
    /// longer steps for them than when they are cut off.
    /// </summary>
    private QuantizationRange Least(Func<float, float, double> cost)
    {
        var top = Shares().MinBy(share => cost(Low, High * share));
        var bottom = Shares().MinBy(share => cost(Low * share, High * top));
        return QuantizationRange.Of(Low * bottom, High * top);

        static IEnumerable<float> Shares() => Enumerable.Range(0, Candidates).Select(step => 1 - step * 0.8f / (Candidates - 1));
    }

    /// <summary>The squared error of rounding, of all values together.</summary>
    private double Error(QuantizationRange range)
    {
        var error = 0.0;
        for (var bin = 0; bin < Bins; bin++)
            if (Counts[bin] > 0)
            {
                var value = Low + (bin + 0.5) * Width;
                var off = value - range.Round(value);
                error += Counts[bin] * off * off;
            }
        return error;
    }

    /// <summary>How many bins hold the share that is left out, from the first on.</summary>
    private int Outside(IEnumerable<double> counts)
    {
        var (left, bins) = (LeftOut * Counts.Sum(), 0);
        foreach (var count in counts)
        {
            left -= count;
            if (left < 0)
                break;
            bins++;
        }
        return bins;
    }

    private int BinOf(float value) => Math.Clamp((int)Math.Round((value - Low) / Width), 0, Bins);

    /// <summary>
    /// How far the distribution of values that are cut off outside some bins is from what 256 levels leave of those within.
    /// </summary>
    private double Divergence(int first, int end)
    {
        var counts = Counts[first..end];
        // A ReLU makes so many zeros that nothing else would count; they stay zeros in any range.
        if (BinOf(0) - first is var zero && zero >= 0 && zero < counts.Length)
            counts[zero] = counts[zero == 0 ? 1 : zero - 1];
        var clipped = (double[])counts.Clone();
        clipped[0] += Counts[..first].Sum();
        clipped[^1] += Counts[end..].Sum();
        var (divergence, total, kept) = (0.0, clipped.Sum(), counts.Sum());
        for (var level = 0; level < Levels; level++)
        {
            var bins = (level * counts.Length / Levels)..((level + 1) * counts.Length / Levels);
            var held = counts[bins].Where(count => count > 0).ToList();
            var left = Math.Max(held.Count > 0 ? held.Average() / kept : 0, 1e-9);
            divergence += clipped[bins].Where(count => count > 0).Sum(count => count / total * Math.Log(count / total / left));
        }
        return divergence;
    }
}
