using System.Drawing;

namespace TransferKit.Vision;

/// <summary>A picture whose pixels lie in memory as red, green and blue, three bytes a pixel without padding.</summary>
/// <param name="size">Its size.</param>
/// <param name="rgb">Its pixels, followed by at least one readable byte.</param>
internal sealed unsafe class CachedImage(Size size, byte* rgb) : Picture
{
    private const int StoredBytesPerPixel = 3;

    /// <inheritdoc/>
    public override Size Size => size;

    /// <summary>The bytes that a picture takes, the spare one at the end included.</summary>
    public static long LengthOf(Size size) => StoredBytesPerPixel * (long)size.Width * size.Height + 1;

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        target.Reset(part);
        for (var y = part.Top; y < part.Bottom; y++)
        {
            var source = rgb + StoredBytesPerPixel * ((long)y * size.Width + part.Left);
            PixelPacking.Unpack(source, (uint*)target.At(part.Left, y), part.Width);
        }
    }

    public override void Dispose()
    {
        // The memory belongs to the cache.
    }

    /// <summary>Writes a whole picture in the form that is kept.</summary>
    public static void Store(PixelBuffer pixels, byte* rgb)
    {
        for (var y = 0; y < pixels.Height; y++)
        {
            var row = rgb + StoredBytesPerPixel * (long)y * pixels.Width;
            PixelPacking.Pack((uint*)(pixels.Data + y * pixels.Stride), row, pixels.Width);
        }
    }
}
