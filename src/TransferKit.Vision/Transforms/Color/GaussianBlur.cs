using System.Buffers;

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

    private static void Draw(PixelBuffer source, PixelBuffer target, float[] kernel)
    {
        var half = kernel.Length / 2;
        var values = 3 * source.Width;
        var blurredAlongRows = ArrayPool<float>.Shared.Rent(values * source.Height);
        for (var y = 0; y < source.Height; y++)
        for (var i = 0; i < values; i++)
        {
            var sum = 0f;
            for (var k = 0; k < kernel.Length; k++)
                sum += kernel[k] * source.At(Mirror(i / 3 + k - half, source.Width), y)[i % 3];
            blurredAlongRows[y * values + i] = sum;
        }

        for (var y = 0; y < source.Height; y++)
        for (var i = 0; i < values; i++)
        {
            var sum = 0f;
            for (var k = 0; k < kernel.Length; k++)
                sum += kernel[k] * blurredAlongRows[Mirror(y + k - half, source.Height) * values + i];
            target.At(i / 3, y)[i % 3] = (byte)Math.Clamp(MathF.Round(sum), 0, 255);
        }

        ArrayPool<float>.Shared.Return(blurredAlongRows);
    }

    /// <summary>Reflects a position at the first and last pixel, as often as needed.</summary>
    private static int Mirror(int position, int length)
    {
        if (length == 1)
            return 0;
        var period = 2 * (length - 1);
        position = ((position % period) + period) % period;
        return Math.Min(position, period - position);
    }
}
