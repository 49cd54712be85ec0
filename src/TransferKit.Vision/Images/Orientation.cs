using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// How the stored pixels are turned to stand upright: EXIF's orientation tag (EXIF 2.3, tag 0x0112). A point of the upright
/// picture is found in the stored one by swapping its coordinates, then mirroring them.
/// </summary>
/// <param name="Swap">Whether x and y are swapped.</param>
/// <param name="MirrorX">Whether the stored x counts from the right.</param>
/// <param name="MirrorY">Whether the stored y counts from the bottom.</param>
internal readonly record struct Orientation(bool Swap, bool MirrorX, bool MirrorY)
{
    private const int Tile = 16;

    /// <summary>The meaning of the tag's values 1 to 8; any other value counts as 1.</summary>
    public static Orientation FromExif(int tag) => new(
        Swap: tag is 5 or 6 or 7 or 8,
        MirrorX: tag is 2 or 3 or 7 or 8,
        MirrorY: tag is 3 or 4 or 6 or 7);

    public bool IsUpright => this == default;

    /// <summary>The upright picture's size.</summary>
    public Size Turn(Size stored) => Swap ? new(stored.Height, stored.Width) : stored;

    /// <summary>The stored part that shows as an upright part.</summary>
    public Rectangle ToStored(Rectangle upright, Size stored) =>
        Mirror(Swap ? new(upright.Y, upright.X, upright.Height, upright.Width) : upright, stored);

    /// <summary>The upright part as which a stored part shows.</summary>
    public Rectangle ToUpright(Rectangle part, Size stored)
    {
        var mirrored = Mirror(part, stored);
        return Swap ? new(mirrored.Y, mirrored.X, mirrored.Height, mirrored.Width) : mirrored;
    }

    /// <summary>Copies stored pixels, all that the buffer holds, upright into another buffer.</summary>
    public unsafe void Turn(PixelBuffer source, PixelBuffer target, Size stored)
    {
        target.Reset(ToUpright(source.Area, stored));
        var stepX = MirrorX ? -1 : 1;
        var stepY = MirrorY ? -source.Stride : source.Stride;
        var corner = source.At(
            MirrorX ? source.Area.Right - 1 : source.Area.Left, MirrorY ? source.Area.Bottom - 1 : source.Area.Top);

        // Square tiles, since one of the two buffers may be walked through column by column.
        for (var top = 0; top < target.Height; top += Tile)
            for (var left = 0; left < target.Width; left += Tile)
            {
                var right = Math.Min(left + Tile, target.Width);
                var bottom = Math.Min(top + Tile, target.Height);
                for (var y = top; y < bottom; y++)
                {
                    var row = (uint*)(target.Data + y * target.Stride);
                    for (var x = left; x < right; x++)
                    {
                        var (u, v) = Swap ? (y, x) : (x, y);
                        row[x] = ((uint*)(corner + v * stepY))[u * stepX];
                    }
                }
            }
    }

    private Rectangle Mirror(Rectangle part, Size stored) => new(
        MirrorX ? stored.Width - part.Right : part.X,
        MirrorY ? stored.Height - part.Bottom : part.Y,
        part.Width,
        part.Height);
}
