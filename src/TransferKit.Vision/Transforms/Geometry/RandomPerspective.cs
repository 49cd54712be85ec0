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

    /// <summary>How pixels are taken from between pixels. Default: bilinear.</summary>
    public Sampling Sampling { get; init; } = Sampling.Bilinear;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        if (random.NextDouble() >= Probability)
            return;

        var (width, height) = (canvas.Size.Width, canvas.Size.Height);
        var mostX = (int)(Distortion * (width / 2)) + 1;
        var mostY = (int)(Distortion * (height / 2)) + 1;
        var topLeft = new Point(random.Next(mostX), random.Next(mostY));
        var topRight = new Point(width - 1 - random.Next(mostX), random.Next(mostY));
        var bottomRight = new Point(width - 1 - random.Next(mostX), height - 1 - random.Next(mostY));
        var bottomLeft = new Point(random.Next(mostX), height - 1 - random.Next(mostY));
        new Perspective(topLeft, topRight, bottomRight, bottomLeft) { Sampling = Sampling }.Apply(canvas, ref random);
    }
}
