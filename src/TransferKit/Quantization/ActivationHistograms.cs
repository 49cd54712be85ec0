using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// How the values of activations are distributed, seen in two passes over the same pictures: their limits first, then a histogram
/// between these, from which each gets the range that rounds best.
/// </summary>
internal sealed class ActivationHistograms
{
    private const int Bins = 2048;

    /// <summary>Candidates for each end of a range: from all of it down to a fifth.</summary>
    private const int Candidates = 41;

    private readonly Dictionary<int, (float Low, float High)> _limits = [];
    private readonly Dictionary<int, double[]> _counts = [];

    /// <summary>Whether values are counted; else only their limits are noted.</summary>
    public bool IsCounting { get; set; }

    /// <summary>Adds values of an activation.</summary>
    public void Add(int range, Tensor values)
    {
        using var scope = NewDisposeScope();
        if (IsCounting)
            Count(range, values);
        else
            Widen(range, values);
    }

    private void Widen(int range, Tensor values)
    {
        var (low, high) = _limits.GetValueOrDefault(range);
        _limits[range] = (Math.Min(low, values.min().item<float>()), Math.Max(high, values.max().item<float>()));
    }

    private void Count(int range, Tensor values)
    {
        var (low, high) = _limits[range];
        if (low == high)
            return;
        if (!_counts.TryGetValue(range, out var counts))
            _counts[range] = counts = new double[Bins];
        var found = values.Add(-low).MultiplyInPlace(Bins / ((double)high - low)).histc(Bins, 0, Bins).cpu().data<float>();
        for (var bin = 0; bin < Bins; bin++)
            counts[bin] += found[bin];
    }

    /// <summary>The range of every activation that was seen.</summary>
    public IReadOnlyDictionary<int, QuantizationRange> ToRanges() =>
        _limits.ToDictionary(found => found.Key,
            found => Best(found.Value.Low, found.Value.High, _counts.GetValueOrDefault(found.Key)));

    /// <summary>
    /// Moves first the upper and then the lower end of a range to where the mean squared error of rounding is least: few values
    /// far out cost more when all others get longer steps for them than when they are cut off.
    /// </summary>
    private static QuantizationRange Best(float low, float high, double[]? counts)
    {
        if (counts is null)
            return QuantizationRange.Of(low, high);
        var width = ((double)high - low) / Bins;
        var top = Shares().MinBy(share => Error(QuantizationRange.Of(low, high * share)));
        var bottom = Shares().MinBy(share => Error(QuantizationRange.Of(low * share, high * top)));
        return QuantizationRange.Of(low * bottom, high * top);

        double Error(QuantizationRange range)
        {
            var error = 0.0;
            for (var bin = 0; bin < Bins; bin++)
                if (counts[bin] > 0)
                {
                    var value = low + (bin + 0.5) * width;
                    var off = value - range.Round(value);
                    error += counts[bin] * off * off;
                }
            return error;
        }

        static IEnumerable<float> Shares() => Enumerable.Range(0, Candidates).Select(step => 1 - step * 0.8f / (Candidates - 1));
    }
}
