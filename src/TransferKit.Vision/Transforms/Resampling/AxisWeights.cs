namespace TransferKit.Vision;

/// <summary>
/// For each output position along one axis, which source pixels it is made of and with what weights: Pillow's antialiased
/// resampling (Resample.c of Pillow 2.7 to 11). The filter is widened with the reduction, weights are normalized in double
/// precision and rounded to 22 fractional bits; the nearest pixel is a filter of one weight. Kept between pictures to reuse
/// its arrays.
/// </summary>
internal sealed class AxisWeights
{
    /// <summary>Fractional bits of a weight: 32 less 8 for the pixel and 2 for the overshoot of cubic filters.</summary>
    public const int FractionBits = 22;

    /// <summary>Half in units of the last fractional bit, added before the shift to round to nearest.</summary>
    public const int Half = 1 << (FractionBits - 1);

    /// <summary>Weights are also kept as High · 2¹¹ + Low, for kernels that multiply 16-bit integers.</summary>
    public const int LowBits = 11;

    private double[] _exact = [];

    /// <summary>The number of output positions.</summary>
    public int Count { get; private set; }

    /// <summary>Weights stored for each output position; a multiple of four, the surplus is zero.</summary>
    public int Stride { get; private set; }

    /// <summary>The first source pixel of each output position.</summary>
    public int[] First { get; private set; } = [];

    /// <summary>The number of source pixels of each output position.</summary>
    public int[] Taps { get; private set; } = [];

    /// <summary>All weights, <see cref="Stride"/> for each output position.</summary>
    public int[] Weights { get; private set; } = [];

    /// <summary>The upper parts of <see cref="Weights"/>.</summary>
    public short[] High { get; private set; } = [];

    /// <summary>The lower 11 bits of <see cref="Weights"/>.</summary>
    public short[] Low { get; private set; } = [];

    /// <summary>The source pixels that output positions [start, start + count) are made of, as [first, end).</summary>
    public static (int First, int End) Reach(int source, int target, int start, int count, Interpolation filter)
    {
        var scale = (double)source / target;
        if (filter == Interpolation.Nearest)
            return (Nearest(start, scale), Nearest(start + count - 1, scale) + 1);
        var support = Support(filter) * Math.Max(scale, 1);
        var first = Bounds(start, scale, support, source).First;
        var end = Bounds(start + count - 1, scale, support, source).End;
        return (first, end);
    }

    /// <summary>
    /// Computes the weights with which <paramref name="source"/> pixels become <paramref name="target"/>, for the output
    /// positions [start, start + count) alone; with <paramref name="reverse"/> stored from last to first, which mirrors the
    /// output.
    /// </summary>
    public void Compute(int source, int target, int start, int count, Interpolation filter, bool reverse)
    {
        var scale = (double)source / target;
        if (filter == Interpolation.Nearest)
        {
            ComputeNearest(scale, start, count, reverse);
            return;
        }

        var filterScale = Math.Max(scale, 1);
        var support = Support(filter) * filterScale;
        Reserve(count, maximumTaps: (int)Math.Ceiling(support) * 2 + 1);

        for (var i = 0; i < count; i++)
        {
            var position = reverse ? count - 1 - i : i;
            var (first, end) = Bounds(start + i, scale, support, source);
            First[position] = first;
            Taps[position] = end - first;

            var center = (start + i + 0.5) * scale;
            var exact = _exact.AsSpan(0, end - first);
            var sum = 0.0;
            for (var tap = 0; tap < exact.Length; tap++)
            {
                // Written exactly as in Pillow: another order of the same sum rounds differently.
                exact[tap] = Evaluate(filter, (tap + first - center + 0.5) * (1 / filterScale));
                sum += exact[tap];
            }

            Store(position * Stride, exact, sum);
        }
    }

    private void ComputeNearest(double scale, int start, int count, bool reverse)
    {
        Reserve(count, maximumTaps: 1);
        var from = NearestCenter(start, scale);
        for (var i = 0; i < count; i++, from += scale)
        {
            var position = reverse ? count - 1 - i : i;
            (First[position], Taps[position]) = ((int)from, 1);
            Store(position * Stride, [1], sum: 1);
        }
    }

    private static int Nearest(int position, double scale) => (int)NearestCenter(position, scale);

    /// <summary>Pillow adds step after step here, and rounding errors with them, which decide between two pixels.</summary>
    private static double NearestCenter(int position, double scale)
    {
        var center = scale * 0.5;
        for (var i = 0; i < position; i++)
            center += scale;
        return center;
    }

    private void Store(int offset, ReadOnlySpan<double> exact, double sum)
    {
        for (var tap = 0; tap < Stride; tap++)
        {
            var weight = 0;
            if (tap < exact.Length)
            {
                var normalized = sum == 0 ? exact[tap] : exact[tap] / sum;
                var scaled = normalized * (1 << FractionBits);
                weight = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
            }

            Weights[offset + tap] = weight;
            High[offset + tap] = (short)(weight >> LowBits);
            Low[offset + tap] = (short)(weight & ((1 << LowBits) - 1));
        }
    }

    private void Reserve(int count, int maximumTaps)
    {
        Count = count;
        Stride = (maximumTaps + 3) & ~3;
        if (First.Length < count)
            (First, Taps) = (new int[count], new int[count]);
        if (_exact.Length < Stride)
            _exact = new double[Stride];
        var length = count * Stride;
        if (Weights.Length < length)
            (Weights, High, Low) = (new int[length], new short[length], new short[length]);
    }

    private static (int First, int End) Bounds(int position, double scale, double support, int source)
    {
        var center = (position + 0.5) * scale;
        var first = Math.Max((int)(center - support + 0.5), 0);
        var end = Math.Min((int)(center + support + 0.5), source);
        return (first, end);
    }

    private static double Support(Interpolation filter) => filter switch
    {
        Interpolation.Bilinear => 1,
        Interpolation.Bicubic => 2,
        _ => 3,
    };

    private static double Evaluate(Interpolation filter, double x)
    {
        x = Math.Abs(x);
        return filter switch
        {
            Interpolation.Bilinear => x < 1 ? 1 - x : 0,
            Interpolation.Bicubic => Cubic(x),
            _ => x < 3 ? Sinc(x) * Sinc(x / 3) : 0,
        };
    }

    /// <summary>Keys' cubic convolution (1981) with a = −0.5.</summary>
    private static double Cubic(double x)
    {
        const double a = -0.5;
        return x switch
        {
            < 1 => ((a + 2) * x - (a + 3)) * x * x + 1,
            < 2 => (((x - 5) * x + 8) * x - 4) * a,
            _ => 0,
        };
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
