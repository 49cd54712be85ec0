using System.Buffers;

namespace TransferKit.Vision;

/// <summary>
/// Several chains of mild steps, mixed with one another and with the picture itself ("AugMix: a simple data processing method to
/// improve robustness and uncertainty", Hendrycks et al., 2020; torchvision's AugMix). The paper's consistency loss is not part
/// of it.
/// </summary>
public sealed unsafe record AugMix : Transform
{
    internal static readonly AugmentationSpace Space = new(Levels: 10)
    {
        Steps = [.. Enum.GetValues<AugmentationStep>()
            .Except([AugmentationStep.Identity, AugmentationStep.Invert])],
        Translation = length => length / 3.0,
        Bits = (4, 0),
    };

    /// <summary>How strong the steps may be, 1 to 10. Default: 3.</summary>
    public int Severity { get; init => field = (int)Require.Within(value, 1, Space.Levels); } = 3;

    /// <summary>The number of chains, at least 1. Default: 3.</summary>
    public int Width { get; init => field = Require.Positive(value); } = 3;

    /// <summary>The steps of each chain, at least 1; null draws 1 to 3. Default: null.</summary>
    public int? Depth { get; init => field = value is { } depth ? Require.Positive(depth) : null; }

    /// <summary>The parameter of the distributions that shares are drawn from, positive. Default: 1, uniform.</summary>
    public double Alpha { get; init => field = Require.Within(value, double.Epsilon, double.MaxValue); } = 1;

    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: bilinear.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Bilinear;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var pixels = canvas.Pixels();
        var bytes = pixels.Width * pixels.Height * PixelBuffer.BytesPerPixel;
        var original = ArrayPool<byte>.Shared.Rent(bytes);
        var sums = ArrayPool<float>.Shared.Rent(bytes);
        Save(pixels, original);
        Array.Clear(sums, 0, bytes);

        var shares = DrawShares(ref random);
        Add(pixels, shares[0], sums);
        for (var chain = 0; chain < Width; chain++)
        {
            if (chain > 0)
                Restore(original, canvas.Pixels());
            var depth = Depth ?? 1 + random.Next(3);
            for (var i = 0; i < depth; i++)
            {
                var step = Space.Steps[random.Next(Space.Steps.Count)];
                var level = random.Next(Severity);
                step.Apply(Space.MagnitudeOf(step, level, canvas.Size), Interpolation, canvas, ref random);
            }

            Add(canvas.Pixels(), shares[1 + chain], sums);
        }

        Finish(sums, canvas.Pixels());
        ArrayPool<byte>.Shared.Return(original);
        ArrayPool<float>.Shared.Return(sums);
    }

    /// <summary>The share of the picture itself, then those of the chains; their sum is 1.</summary>
    internal float[] DrawShares(ref SeededRandom random)
    {
        var own = random.NextBeta(Alpha);
        // Gamma variables over their sum are one draw of a Dirichlet distribution.
        var chains = new double[Width];
        for (var i = 0; i < Width; i++)
            chains[i] = random.NextGamma(Alpha);
        var sum = chains.Sum();
        return [(float)own, .. chains.Select(chain => (float)(sum > 0 ? (1 - own) * chain / sum : (1 - own) / Width))];
    }

    private static void Save(PixelBuffer pixels, byte[] copy)
    {
        var row = pixels.Width * PixelBuffer.BytesPerPixel;
        for (var y = 0; y < pixels.Height; y++)
            new ReadOnlySpan<byte>(pixels.At(0, y), row).CopyTo(copy.AsSpan(y * row));
    }

    private static void Restore(byte[] copy, PixelBuffer pixels)
    {
        var row = pixels.Width * PixelBuffer.BytesPerPixel;
        for (var y = 0; y < pixels.Height; y++)
            copy.AsSpan(y * row, row).CopyTo(new Span<byte>(pixels.At(0, y), row));
    }

    private static void Add(PixelBuffer pixels, float share, float[] sums)
    {
        var row = pixels.Width * PixelBuffer.BytesPerPixel;
        for (var y = 0; y < pixels.Height; y++)
        {
            var values = pixels.At(0, y);
            for (var i = 0; i < row; i++)
                sums[y * row + i] += share * values[i];
        }
    }

    /// <summary>Fractions are cut off, as torchvision does.</summary>
    private static void Finish(float[] sums, PixelBuffer pixels)
    {
        var row = pixels.Width * PixelBuffer.BytesPerPixel;
        for (var y = 0; y < pixels.Height; y++)
        {
            var values = pixels.At(0, y);
            for (var i = 0; i < row; i++)
                values[i] = (byte)Math.Min(sums[y * row + i], 255f);
        }
    }
}
