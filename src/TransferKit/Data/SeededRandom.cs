namespace TransferKit;

/// <summary>
/// Random numbers that depend on their keys alone, on every machine and every .NET version: SplitMix64
/// (Steele, Lea and Flood, 2014) started from a hash of the keys. Cheap to make, so each sample of each epoch gets its own.
/// </summary>
internal struct SeededRandom
{
    private ulong _state;

    public SeededRandom(int seed, int key, int subkey = 0)
    {
        _state = unchecked((uint)seed);
        _state = NextUInt64() ^ unchecked((uint)key);
        _state = NextUInt64() ^ unchecked((uint)subkey);
    }

    /// <summary>Uniform over all 64-bit values.</summary>
    public ulong NextUInt64()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in <c>[0, 1)</c>.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in <c>[low, high)</c>.</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform over the integers in <c>[0, bound)</c>.</summary>
    public int Next(int bound) => (int)Math.BigMul(NextUInt64(), (ulong)bound, out _);

    /// <summary>Puts the items in a random order (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
