using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Moves the four corners of a picture inwards by random amounts (torchvision's RandomPerspective, which does so half of the
/// time).
/// </summary>
/// <param name="Distortion">How far corners may move, as a share of half the picture, in [0, 1].</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Distortion"/> is outside [0, 1].</exception>
public sealed record RandomPerspective(double Distortion = 0.5) : Transform
{
    /// <summary>How far corners may move, as a share of half the picture, in [0, 1].</summary>
    public double Distortion { get; } = Require.Within(Distortion, 0, 1);

    /// <summary>How often, in [0, 1]. Default: half of the time.</summary>
    public double Probability { get; init => field = Require.Probability(value); } = 0.5;

    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: bilinear.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Bilinear;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        if (random.NextDouble() < Probability)
            Draw(canvas.Size, ref random).Apply(canvas, ref random);
    }

    internal Perspective Draw(Size picture, ref SeededRandom random)
    {
        var (right, bottom) = (picture.Width - 1, picture.Height - 1);
        var mostX = (int)(Distortion * (picture.Width / 2)) + 1;
        var mostY = (int)(Distortion * (picture.Height / 2)) + 1;
        var topLeft = new Point(random.Next(mostX), random.Next(mostY));
        var topRight = new Point(right - random.Next(mostX), random.Next(mostY));
        var bottomRight = new Point(right - random.Next(mostX), bottom - random.Next(mostY));
        var bottomLeft = new Point(random.Next(mostX), bottom - random.Next(mostY));
        return new(topLeft, topRight, bottomRight, bottomLeft) { Interpolation = Interpolation };
    }
}
