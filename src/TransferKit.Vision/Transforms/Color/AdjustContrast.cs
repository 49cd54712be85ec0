namespace TransferKit.Vision;

/// <summary>Moves values away from or towards the mean lightness (torchvision's adjust_contrast).</summary>
/// <param name="Factor">0 gives plain gray, 1 the picture as it is, 2 twice the contrast; not negative.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Factor"/> is negative.</exception>
public sealed record AdjustContrast(double Factor) : ColorTransform
{
    /// <summary>0 gives plain gray, 1 the picture as it is, 2 twice the contrast.</summary>
    public double Factor { get; } = Require.Within(Factor, 0, double.MaxValue);

    private protected override void Change(PixelBuffer pixels)
    {
        var mean = PixelBlend.MeanGray(pixels);
        PixelTables.Apply(pixels, PixelTables.From(value => PixelBlend.Mix(mean, value, (float)Factor)));
    }
}
