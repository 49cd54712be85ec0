using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Resizes so that the shorter side has a given length; the longer keeps the proportion, rounded down (torchvision's
/// Resize).
/// </summary>
/// <param name="ShorterSide">Length of the shorter side, in pixels; at least 1.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="ShorterSide"/> is below 1.</exception>
public sealed record Resize(int ShorterSide) : Transform
{
    /// <summary>Length of the shorter side, in pixels.</summary>
    public int ShorterSide { get; } = Require.Positive(ShorterSide);

    /// <summary>The resampling filter. Default: bilinear.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    internal override void Apply(Canvas canvas, ref SeededRandom random) =>
        canvas.Resize(SizeOf(canvas.Size, ShorterSide), Interpolation);

    internal override Size? OutputSize(Size? input) => null;

    /// <summary>The size at which a picture's shorter side has a given length.</summary>
    internal static Size SizeOf(Size picture, int shorterSide)
    {
        var (width, height) = (picture.Width, picture.Height);
        var longerSide = (int)((double)((long)shorterSide * Math.Max(width, height)) / Math.Min(width, height));
        return width <= height ? new(shorterSide, longerSide) : new(longerSide, shorterSide);
    }
}
