using System.Drawing;

namespace TransferKit.Vision;

/// <summary>Turns, shears, scales and shifts a picture by random amounts (torchvision's RandomAffine).</summary>
/// <param name="Degrees">The angle is drawn from [−value, value]; not negative.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Degrees"/> is negative.</exception>
public sealed record RandomAffine(double Degrees) : Transform
{
    /// <summary>The angle is drawn from [−value, value].</summary>
    public double Degrees { get; } = Require.Within(Degrees, 0, double.MaxValue);

    /// <summary>The shift is drawn from [−value, value] as shares of width and height. Default: none.</summary>
    public (double X, double Y) Translate { get; init; }

    /// <summary>Bounds of the scale; positive. Default: always 1.</summary>
    public (double Minimum, double Maximum) Scale { get; init => field = Require.Ordered(value); } = (1, 1);

    /// <summary>The shear along x is drawn from [−value, value], in degrees. Default: 0.</summary>
    public double Shear { get; init; }

    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: nearest.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Nearest;

    internal override void Apply(Canvas canvas, ref SeededRandom random) =>
        Draw(canvas.Size, ref random).Apply(canvas, ref random);

    internal Affine Draw(Size picture, ref SeededRandom random) => new()
    {
        Degrees = random.NextDouble(-Degrees, Degrees),
        Translate = (DrawShift(Translate.X * picture.Width, ref random), DrawShift(Translate.Y * picture.Height, ref random)),
        Scale = random.NextDouble(Scale.Minimum, Scale.Maximum),
        Shear = (random.NextDouble(-Shear, Shear), 0),
        Interpolation = Interpolation,
    };

    private static int DrawShift(double most, ref SeededRandom random) => (int)Math.Round(random.NextDouble(-most, most));
}
