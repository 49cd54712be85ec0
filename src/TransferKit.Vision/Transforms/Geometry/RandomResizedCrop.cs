using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Cuts out a random part of random area and proportion and resizes it to a square (torchvision's RandomResizedCrop, the
/// augmentation of "Going deeper with convolutions", Szegedy et al., 2014).
/// </summary>
/// <param name="Size">Height and width of the result, in pixels; at least 1.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Size"/> is below 1.</exception>
public sealed record RandomResizedCrop(int Size) : Transform
{
    private const int Attempts = 10;

    /// <summary>Height and width of the result, in pixels.</summary>
    public int Size { get; } = Require.Positive(Size);

    /// <summary>
    /// Bounds of the part's area as shares of the picture's, drawn uniformly; within (0, 1]. Default: 0.08 to 1.
    /// </summary>
    public (double Minimum, double Maximum) Scale { get; init => field = Require.Ordered(value, maximum: 1); } = (0.08, 1);

    /// <summary>Bounds of the part's width / height, drawn uniformly in the logarithm; positive. Default: 3/4 to 4/3.</summary>
    public (double Minimum, double Maximum) Ratio { get; init => field = Require.Ordered(value); } = (3.0 / 4, 4.0 / 3);

    /// <summary>The resampling filter. Default: bilinear.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        canvas.Crop(Draw(canvas.Size, ref random));
        canvas.Resize(new(Size, Size), Interpolation);
    }

    internal override Size? OutputSize(Size? input) => new Size(Size, Size);

    /// <summary>Draws the part of a picture that is cut out.</summary>
    internal Rectangle Draw(Size picture, ref SeededRandom random)
    {
        var area = (double)picture.Width * picture.Height;
        var (lowest, highest) = (Math.Log(Ratio.Minimum), Math.Log(Ratio.Maximum));
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var partArea = area * random.NextDouble(Scale.Minimum, Scale.Maximum);
            var ratio = Math.Exp(random.NextDouble(lowest, highest));
            var width = (int)Math.Round(Math.Sqrt(partArea * ratio));
            var height = (int)Math.Round(Math.Sqrt(partArea / ratio));
            if (width < 1 || width > picture.Width || height < 1 || height > picture.Height)
                continue;
            var y = random.Next(picture.Height - height + 1);
            var x = random.Next(picture.Width - width + 1);
            return new(x, y, width, height);
        }

        return LargestCenteredPart(picture);
    }

    private Rectangle LargestCenteredPart(Size picture)
    {
        var (width, height) = (picture.Width, picture.Height);
        var ratio = (double)width / height;
        if (ratio < Ratio.Minimum)
            height = (int)Math.Round(width / Ratio.Minimum);
        else if (ratio > Ratio.Maximum)
            width = (int)Math.Round(height * Ratio.Maximum);
        return new((picture.Width - width) / 2, (picture.Height - height) / 2, width, height);
    }
}
