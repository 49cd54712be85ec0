using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// How the values of activations are distributed, seen in two passes over the same pictures: their limits first, then a histogram
/// between these.
/// </summary>
internal sealed class ActivationHistograms
{
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
        const int bins = ActivationHistogram.Bins;
        var (low, high) = _limits[range];
        if (low == high)
            return;
        if (!_counts.TryGetValue(range, out var counts))
            _counts[range] = counts = new double[bins];
        var found = values.Add(-low).MultiplyInPlace(bins / ((double)high - low)).histc(bins, 0, bins).cpu().data<float>();
        for (var bin = 0; bin < bins; bin++)
            counts[bin] += found[bin];
    }

    /// <summary>The range of every activation that was seen.</summary>
    public IReadOnlyDictionary<int, QuantizationRange> ToRanges(CalibrationMethod method) => _limits.ToDictionary(
        found => found.Key, found => _counts.TryGetValue(found.Key, out var counts)
            ? new ActivationHistogram(found.Value.Low, found.Value.High, counts).Range(method)
            : QuantizationRange.Of(found.Value.Low, found.Value.High));
}
