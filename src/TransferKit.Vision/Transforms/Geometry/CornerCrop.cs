using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Cuts a square out of a corner; a smaller picture gets a black border. <see cref="Transforms.FiveCrop"/> uses it.
/// </summary>
/// <param name="Size">Height and width of the square, in pixels; at least 1.</param>
/// <param name="Corner">Which corner.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Size"/> is below 1.</exception>
public sealed record CornerCrop(int Size, Corner Corner) : Transform
{
    /// <summary>Height and width of the square, in pixels.</summary>
    public int Size { get; } = Require.Positive(Size);

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var x = Corner is Corner.TopLeft or Corner.BottomLeft ? 0 : canvas.Size.Width - Size;
        var y = Corner is Corner.TopLeft or Corner.TopRight ? 0 : canvas.Size.Height - Size;
        canvas.Crop(new(x, y, Size, Size));
    }

    internal override Size? OutputSize(Size? input) => new Size(Size, Size);
}

/// <summary>A corner of a picture.</summary>
public enum Corner
{
    /// <summary>Above, on the left.</summary>
    TopLeft,

    /// <summary>Above, on the right.</summary>
    TopRight,

    /// <summary>Below, on the left.</summary>
    BottomLeft,

    /// <summary>Below, on the right.</summary>
    BottomRight,
}
