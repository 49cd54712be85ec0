using System.Buffers;
using System.Numerics;

namespace TransferKit.Vision;

/// <summary>
/// Blurs with a Gaussian of random width; pixels beyond the edge are mirrored ones (torchvision's GaussianBlur).
/// </summary>
/// <param name="KernelSize">Pixels that count, along each axis; odd.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="KernelSize"/> is even or below 1.</exception>
public sealed unsafe record GaussianBlur(int KernelSize) : Transform
{
    /// <summary>Pixels that count, along each axis; odd.</summary>
    public int KernelSize { get; } = KernelSize > 0 && KernelSize % 2 == 1
        ? KernelSize
        : throw new ArgumentOutOfRangeException(nameof(KernelSize), KernelSize, "The kernel's size must be odd and positive.");

    /// <summary>Bounds of the standard deviation in pixels, drawn uniformly; positive. Default: 0.1 to 2.</summary>
    public (double Minimum, double Maximum) Sigma { get; init => field = Require.Ordered(value); } = (0.1, 2.0);

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var kernel = Kernel(DrawSigma(ref random));
        canvas.Redraw(canvas.Size, (source, target) => Draw(source, target, kernel));
    }

    internal double DrawSigma(ref SeededRandom random) => random.NextDouble(Sigma.Minimum, Sigma.Maximum);

    private float[] Kernel(double sigma)
    {
        var weights = Enumerable.Range(0, KernelSize)
            .Select(i => (i - KernelSize / 2) / sigma)
            .Select(x => Math.Exp(-0.5 * x * x))
            .ToArray();
        var sum = weights.Sum();
        return [.. weights.Select(weight => (float)(weight / sum))];
    }

    /// <summary>First along rows, then along columns, in float32 in between.</summary>
    private static void Draw(PixelBuffer source, PixelBuffer target, float[] kernel)
    {
        var half = kernel.Length / 2;
        var values = 3 * source.Width;
        var wideRow = ArrayPool<float>.Shared.Rent(values + 6 * half);
        var rows = ArrayPool<float>.Shared.Rent(values * source.Height);
        var sums = ArrayPool<float>.Shared.Rent(values);
        for (var y = 0; y < source.Height; y++)
        {
            Widen(source, y, half, wideRow);
            var row = rows.AsSpan(y * values, values);
            row.Clear();
            for (var k = 0; k < kernel.Length; k++)
                AddScaled(row, wideRow.AsSpan(3 * k, values), kernel[k]);
        }

        for (var y = 0; y < source.Height; y++)
        {
            var sum = sums.AsSpan(0, values);
            sum.Clear();
            for (var k = 0; k < kernel.Length; k++)
                AddScaled(sum, rows.AsSpan(Mirror(y + k - half, source.Height) * values, values), kernel[k]);
            for (var i = 0; i < values; i++)
                target.At(i / 3, y)[i % 3] = (byte)Math.Clamp(MathF.Round(sum[i]), 0, 255);
        }

        ArrayPool<float>.Shared.Return(wideRow);
        ArrayPool<float>.Shared.Return(rows);
        ArrayPool<float>.Shared.Return(sums);
    }

    /// <summary>A row as numbers, with what is mirrored on both sides.</summary>
    private static void Widen(PixelBuffer source, int y, int border, Span<float> row)
    {
        for (var x = -border; x < source.Width + border; x++)
        {
            var pixel = source.At(Mirror(x, source.Width), y);
            var at = 3 * (x + border);
            (row[at], row[at + 1], row[at + 2]) = (pixel[0], pixel[1], pixel[2]);
        }
    }

    private static void AddScaled(Span<float> sums, ReadOnlySpan<float> values, float factor)
    {
        var i = 0;
        for (; i <= sums.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(sums[i..]) + new Vector<float>(values[i..]) * factor).CopyTo(sums[i..]);
        for (; i < sums.Length; i++)
            sums[i] += values[i] * factor;
    }

    /// <summary>Reflects a position at the first and last pixel, as often as needed.</summary>
    private static int Mirror(int position, int length)
    {
        if ((uint)position < (uint)length)
            return position;
        if (length == 1)
            return 0;
        var period = 2 * (length - 1);
        position = ((position % period) + period) % period;
        return Math.Min(position, period - position);
    }
}
