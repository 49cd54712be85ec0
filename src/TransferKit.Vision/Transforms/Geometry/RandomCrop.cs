using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Cuts a square out at a random place (torchvision's RandomCrop); a smaller picture gets a black border first.
/// </summary>
/// <param name="Size">Height and width of the square, in pixels; at least 1.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Size"/> is below 1.</exception>
public sealed record RandomCrop(int Size) : Transform
{
    /// <summary>Height and width of the square, in pixels.</summary>
    public int Size { get; } = Require.Positive(Size);

    /// <summary>Width of a black border that is added on each side before, in pixels. Default: 0.</summary>
    public int Padding { get; init; }

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var y = DrawStart(canvas.Size.Height, ref random);
        var x = DrawStart(canvas.Size.Width, ref random);
        canvas.Crop(new(x, y, Size, Size));
    }

    internal override Size? OutputSize(Size? input) => new Size(Size, Size);

    private int DrawStart(int length, ref SeededRandom random)
    {
        // torchvision widens a picture that is too small by what is missing, on each side.
        var border = Padding + Math.Max(0, Size - length - 2 * Padding);
        return random.Next(length + 2 * border - Size + 1) - border;
    }
}
