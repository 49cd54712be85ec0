namespace TransferKit.Vision;

/// <summary>
/// Turns a picture about its center; the size stays, and what comes from outside is black (torchvision's rotate).
/// </summary>
/// <param name="Degrees">How far, counter-clockwise.</param>
public sealed record Rotate(double Degrees) : Transform
{
    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: nearest.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Nearest;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var degrees = Degrees - 360 * Math.Floor(Degrees / 360);
        if (degrees == 0)
            return;
        if (degrees == 180)
        {
            canvas.MirrorX();
            canvas.MirrorY();
            return;
        }

        var radians = -degrees * Math.PI / 180;
        // Rounded as in PIL, so that right angles come out even.
        var (cosine, sine) = (Math.Round(Math.Cos(radians), 15), Math.Round(Math.Sin(radians), 15));
        var (centerX, centerY) = (canvas.Size.Width / 2.0, canvas.Size.Height / 2.0);
        var warp = new Warp(
            cosine, sine, cosine * -centerX + sine * -centerY + centerX,
            -sine, cosine, -sine * -centerX + cosine * -centerY + centerY);
        canvas.Redraw(canvas.Size, (source, target) => warp.Draw(source, target, Interpolation));
    }
}
