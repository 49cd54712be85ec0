using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>Which samples an epoch trains on, and in which order. A value.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ShuffledSampling), "shuffled")]
[JsonDerivedType(typeof(BalancedSampling), "balanced")]
[JsonDerivedType(typeof(WeightedSampling), "weighted")]
public abstract record Sampling
{
    private protected Sampling()
    {
    }

    /// <summary>Every sample once, in random order.</summary>
    public static Sampling Shuffled { get; } = new ShuffledSampling();

    /// <summary>
    /// As many samples as there are, drawn so that every class comes up as often: small ones repeat, of large ones some miss.
    /// </summary>
    public static Sampling Balanced { get; } = new BalancedSampling();

    /// <summary>As many samples as there are, drawn with replacement, as PyTorch's <c>WeightedRandomSampler</c>.</summary>
    /// <param name="weights">How likely each sample is against the others; each at least 0, one above.</param>
    public static Sampling Weighted(IReadOnlyList<double> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return new WeightedSampling([.. weights]);
    }

    /// <summary>Checks that samples can be drawn so.</summary>
    /// <exception cref="ArgumentException">They can't; the message says why.</exception>
    internal virtual void RequireFitting(Targets targets)
    {
    }

    /// <summary>The positions of an epoch's samples, which depend on seed and epoch alone.</summary>
    internal abstract int[] Order(Targets targets, int seed, int epoch);

    /// <summary>Draws with replacement.</summary>
    private protected static int[] Draw(IReadOnlyList<double> weights, int seed, int epoch)
    {
        var sums = new double[weights.Count];
        var sum = 0.0;
        for (var i = 0; i < sums.Length; i++)
            sums[i] = sum += weights[i];
        var random = new SeededRandom(seed, epoch);
        var order = new int[weights.Count];
        for (var i = 0; i < order.Length; i++)
        {
            var found = Array.BinarySearch(sums, random.NextDouble(0, sum));
            // The sample whose share of the line the number fell on; one with weight 0 has none.
            var place = found >= 0 ? found + 1 : ~found;
            while (weights[place] == 0)
                place++;
            order[i] = place;
        }
        return order;
    }
}

/// <inheritdoc cref="Sampling.Shuffled"/>
internal sealed record ShuffledSampling : Sampling
{
    internal override int[] Order(Targets targets, int seed, int epoch)
    {
        var order = Enumerable.Range(0, targets.Count).ToArray();
        new SeededRandom(seed, epoch).Shuffle<int>(order);
        return order;
    }

    public override string ToString() => "shuffled";
}

/// <inheritdoc cref="Sampling.Balanced"/>
internal sealed record BalancedSampling : Sampling
{
    internal override void RequireFitting(Targets targets)
    {
        if (!targets.Definition.HasOneClass)
            throw new ArgumentException(
                $"Balanced sampling needs one class a sample, and the samples have {targets.Task} targets.",
                nameof(targets));
    }

    internal override int[] Order(Targets targets, int seed, int epoch)
    {
        var counts = new int[targets.Outputs];
        foreach (var label in targets.Labels)
            counts[label]++;
        return Draw([.. targets.Labels.Select(label => 1.0 / counts[label])], seed, epoch);
    }

    public override string ToString() => "balanced over classes";
}

/// <inheritdoc cref="Sampling.Weighted"/>
internal sealed record WeightedSampling([property: JsonIgnore] double[] Weights) : Sampling
{
    public int Count => Weights.Length;

    /// <summary>The same in every process, as a checkpoint of the run needs it, and short where samples are many.</summary>
    public uint Checksum => Crc32.Append(0, MemoryMarshal.AsBytes<double>(Weights));

    internal override void RequireFitting(Targets targets)
    {
        if (Weights.Length != targets.Count || !Weights.All(weight => weight >= 0 && double.IsFinite(weight))
            || Weights.Sum() <= 0)
            throw new ArgumentException(
                $"Weighted sampling needs {targets.Count} weights, one for each training sample, each at least "
                + $"0 and one above; it has {Weights.Length}.", nameof(targets));
    }

    internal override int[] Order(Targets targets, int seed, int epoch) => Draw(Weights, seed, epoch);

    public bool Equals(WeightedSampling? other) => other is not null && Weights.SequenceEqual(other.Weights);

    public override int GetHashCode() => (int)Checksum;

    public override string ToString() => $"weighted ({Count} weights, {Checksum:x8})";
}
