namespace TransferKit.Vision;

/// <summary>Blurs or sharpens: mixes a picture with a smoothed copy of it (torchvision's adjust_sharpness).</summary>
/// <param name="Factor">0 gives the smoothed copy, 1 the picture as it is, 2 doubles the sharpness; not negative.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Factor"/> is negative.</exception>
public sealed unsafe record AdjustSharpness(double Factor) : Transform
{
    /// <summary>0 gives the smoothed copy, 1 the picture as it is, 2 doubles the sharpness.</summary>
    public double Factor { get; } = Require.Within(Factor, 0, double.MaxValue);

    internal override void Apply(Canvas canvas, ref SeededRandom random) => canvas.Redraw(canvas.Size, Draw);

    /// <summary>
    /// The smoothed copy is PIL's SMOOTH: a pixel counts five times, its eight neighbors once; the edge stays.
    /// </summary>
    private void Draw(PixelBuffer source, PixelBuffer target)
    {
        for (var y = 0; y < source.Height; y++)
            for (var x = 0; x < source.Width; x++)
            {
                var pixel = source.At(x, y);
                var isInside = x > 0 && y > 0 && x < source.Width - 1 && y < source.Height - 1;
                for (var channel = 0; channel < 3; channel++)
                {
                    var smoothed = isInside ? Smooth(pixel + channel, source.Stride) : pixel[channel];
                    target.At(x, y)[channel] = PixelBlend.Mix(smoothed, pixel[channel], (float)Factor);
                }
            }
    }

    private static int Smooth(byte* center, nint stride)
    {
        const int right = PixelBuffer.BytesPerPixel;
        var above = center - stride;
        var below = center + stride;
        var sum = above[-right] + above[0] + above[right] + center[-right] + 5 * center[0] + center[right]
            + below[-right] + below[0] + below[right];
        return (2 * sum + 13) / 26;
    }
}
