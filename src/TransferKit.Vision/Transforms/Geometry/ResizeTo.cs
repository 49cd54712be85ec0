using System.Drawing;

namespace TransferKit.Vision;

/// <summary>Resizes to a given size, whatever that does to the proportions (torchvision's Resize with two numbers).</summary>
/// <param name="Width">Width of the result, in pixels; at least 1.</param>
/// <param name="Height">Height of the result, in pixels; at least 1.</param>
/// <exception cref="ArgumentOutOfRangeException">A length is below 1.</exception>
public sealed record ResizeTo(int Width, int Height) : Transform
{
    /// <summary>Width of the result, in pixels.</summary>
    public int Width { get; } = Require.Positive(Width);

    /// <summary>Height of the result, in pixels.</summary>
    public int Height { get; } = Require.Positive(Height);

    /// <summary>The resampling filter. Default: bilinear.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    internal override void Apply(Canvas canvas, ref SeededRandom random) => canvas.Resize(new(Width, Height), Interpolation);

    internal override Size? OutputSize(Size? input) => new Size(Width, Height);
}
