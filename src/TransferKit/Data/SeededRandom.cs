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

    /// <summary>From the normal distribution of mean 0 and deviation 1 (Box and Muller, 1958).</summary>
    public double NextNormal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>
    /// From the gamma distribution of scale 1 ("A simple method for generating gamma variables", Marsaglia and Tsang, 2000).
    /// </summary>
    /// <param name="shape">Its shape and mean, positive.</param>
    public double NextGamma(double shape)
    {
        if (shape < 1)
            return NextGamma(shape + 1) * Math.Pow(1 - NextDouble(), 1 / shape);
        var d = shape - 1.0 / 3;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = NextNormal();
            var v = 1 + c * x;
            if (v <= 0)
                continue;
            v *= v * v;
            if (Math.Log(1 - NextDouble()) < 0.5 * x * x + d - d * v + d * Math.Log(v))
                return d * v;
        }
    }

    /// <summary>From the beta distribution with both parameters the same: in [0, 1], of mean 1/2.</summary>
    /// <param name="alpha">Small values favor the ends, 1 is uniform, large values favor the middle; positive.</param>
    public double NextBeta(double alpha)
    {
        var (x, y) = (NextGamma(alpha), NextGamma(alpha));
        // Of a tiny parameter both may be too small for a double; the distribution is then all but the two ends.
        return x + y > 0 ? x / (x + y) : Next(2);
    }

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
