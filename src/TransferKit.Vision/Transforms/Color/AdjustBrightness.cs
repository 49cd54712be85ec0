namespace TransferKit.Vision;

/// <summary>Makes a picture lighter or darker (torchvision's adjust_brightness).</summary>
/// <param name="Factor">0 gives black, 1 the picture as it is, 2 twice the brightness; not negative.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Factor"/> is negative.</exception>
public sealed record AdjustBrightness(double Factor) : ColorTransform
{
    /// <summary>0 gives black, 1 the picture as it is, 2 twice the brightness.</summary>
    public double Factor { get; } = Require.Within(Factor, 0, double.MaxValue);

    private protected override void Change(PixelBuffer pixels) =>
        PixelTables.Apply(pixels, PixelTables.From(value => PixelBlend.Mix(0, value, (float)Factor)));
}
