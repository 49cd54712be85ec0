using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Blanks a random rectangle with zeros, which after <see cref="Normalize"/> are the mean color ("Random Erasing", Zhong et al.,
/// 2017; torchvision's RandomErasing). Belongs after all other steps, which do not move the rectangle; several of it blank
/// several rectangles.
/// </summary>
/// <param name="Probability">How often, in [0, 1].</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Probability"/> is outside [0, 1].</exception>
public sealed record RandomErasing(double Probability = 0.5) : Transform
{
    private const int Attempts = 10;

    /// <summary>How often, in [0, 1].</summary>
    public double Probability { get; } = Require.Probability(Probability);

    /// <summary>
    /// Bounds of the rectangle's area as shares of the picture's, drawn uniformly; within (0, 1]. Default: 0.02 to 0.33.
    /// </summary>
    public (double Minimum, double Maximum) Scale { get; init => field = Require.Ordered(value, maximum: 1); } = (0.02, 0.33);

    /// <summary>
    /// Bounds of the rectangle's height / width, drawn uniformly in the logarithm; positive. Default: 0.3 to 3.3.
    /// </summary>
    public (double Minimum, double Maximum) Ratio { get; init => field = Require.Ordered(value); } = (0.3, 3.3);

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        if (random.NextDouble() < Probability && Draw(canvas.Size, ref random) is { } area)
            canvas.Erase(area);
    }

    internal Rectangle? Draw(Size picture, ref SeededRandom random)
    {
        var area = (double)picture.Width * picture.Height;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var erased = area * random.NextDouble(Scale.Minimum, Scale.Maximum);
            var ratio = Math.Exp(random.NextDouble(Math.Log(Ratio.Minimum), Math.Log(Ratio.Maximum)));
            var height = (int)Math.Round(Math.Sqrt(erased * ratio));
            var width = (int)Math.Round(Math.Sqrt(erased / ratio));
            if (height >= picture.Height || width >= picture.Width)
                continue;
            var y = random.Next(picture.Height - height + 1);
            return new(random.Next(picture.Width - width + 1), y, width, height);
        }

        return null;
    }
}
