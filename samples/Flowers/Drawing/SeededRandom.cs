namespace Flowers.Drawing;

/// <summary>Random numbers that are the same on every machine (SplitMix64, Steele, Lea and Flood, 2014).</summary>
internal sealed class SeededRandom(int seed, int picture)
{
    private ulong _state = ((ulong)(uint)seed << 32) | (uint)picture;

    /// <summary>Uniform in <c>[0, 1)</c>.</summary>
    public float Next() => (NextUInt64() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in <c>[low, high)</c>.</summary>
    public float Next(float low, float high) => low + (high - low) * Next();

    /// <summary>Uniform over the integers in <c>[low, high)</c>.</summary>
    public int Next(int low, int high) => low + (int)Math.BigMul(NextUInt64(), (ulong)(high - low), out _);

    /// <summary>True with the given probability.</summary>
    public bool Chance(float probability) => Next() < probability;

    /// <summary>One of the items, all equally likely.</summary>
    public T Pick<T>(ReadOnlySpan<T> items) => items[Next(0, items.Length)];

    private ulong NextUInt64()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
