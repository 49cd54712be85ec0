namespace TransferKit.Vision;

/// <summary>Makes colors stronger or weaker (torchvision's adjust_saturation).</summary>
/// <param name="Factor">0 gives gray, 1 the picture as it is, 2 twice the saturation; not negative.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Factor"/> is negative.</exception>
public sealed record AdjustSaturation(double Factor) : ColorTransform
{
    /// <summary>0 gives gray, 1 the picture as it is, 2 twice the saturation.</summary>
    public double Factor { get; } = Require.Within(Factor, 0, double.MaxValue);

    private protected override void Change(PixelBuffer pixels) => PixelBlend.MixWithGray(pixels, (float)Factor);
}
