namespace TransferKit.Vision;

/// <summary>
/// Turns, shears, scales and shifts a picture, in this order; the size stays, and what comes from outside is black
/// (torchvision's affine).
/// </summary>
public sealed record Affine : Transform
{
    /// <summary>How far it is turned, clockwise, in degrees. Default: 0.</summary>
    public double Degrees { get; init; }

    /// <summary>How far it is shifted to the right and down, in pixels. Default: not.</summary>
    public (int X, int Y) Translate { get; init; }

    /// <summary>How much larger it becomes; positive. Default: 1.</summary>
    public double Scale { get; init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value)); } = 1;

    /// <summary>By how much it is sheared along x and along y, in degrees. Default: not.</summary>
    public (double X, double Y) Shear { get; init; }

    /// <summary>The point that stays where it is, in pixels. Default: the center.</summary>
    public (double X, double Y)? Center { get; init; }

    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: nearest.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Nearest;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var warp = Invert(Center ?? (canvas.Size.Width * 0.5, canvas.Size.Height * 0.5));
        canvas.Redraw(canvas.Size, (source, target) => warp.Draw(source, target, Interpolation));
    }

    /// <summary>
    /// The way back, from the result's pixels to the original's: the inverse of T · C · R · Shear · Scale · C⁻¹.
    /// </summary>
    private Warp Invert((double X, double Y) center)
    {
        var rotation = Degrees * Math.PI / 180;
        var (shearX, shearY) = (Shear.X * Math.PI / 180, Shear.Y * Math.PI / 180);
        var a = Math.Cos(rotation - shearY) / Math.Cos(shearY);
        var b = -Math.Cos(rotation - shearY) * Math.Tan(shearX) / Math.Cos(shearY) - Math.Sin(rotation);
        var c = Math.Sin(rotation - shearY) / Math.Cos(shearY);
        var d = -Math.Sin(rotation - shearY) * Math.Tan(shearX) / Math.Cos(shearY) + Math.Cos(rotation);

        var (xx, xy, yx, yy) = (d / Scale, -b / Scale, -c / Scale, a / Scale);
        var (offsetX, offsetY) = (-center.X - Translate.X, -center.Y - Translate.Y);
        return new Warp(
            xx, xy, xx * offsetX + xy * offsetY + center.X,
            yx, yy, yx * offsetX + yy * offsetY + center.Y);
    }
}
