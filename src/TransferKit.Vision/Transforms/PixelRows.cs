using System.Runtime.InteropServices;

namespace TransferKit.Vision;

/// <summary>The pixels of a picture, row by row from the top.</summary>
public readonly unsafe ref struct PixelRows
{
    private readonly PixelBuffer _pixels;

    internal PixelRows(PixelBuffer pixels) => _pixels = pixels;

    /// <summary>Pixels in a row.</summary>
    public int Width => _pixels.Width;

    /// <summary>The number of rows.</summary>
    public int Height => _pixels.Height;

    /// <summary>A row, from the left.</summary>
    /// <param name="y">Which one, counted from the top, in <c>[0, Height)</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Span<Pixel> this[int y] => (uint)y < (uint)Height
        ? new(_pixels.Data + y * _pixels.Stride, Width)
        : throw new ArgumentOutOfRangeException(nameof(y), y, $"Rows lie in [0, {Height}).");
}

/// <summary>A pixel: red, green and blue, 0 to 255.</summary>
[StructLayout(LayoutKind.Sequential, Size = PixelBuffer.BytesPerPixel)]
public struct Pixel
{
    /// <summary>Red, 0 to 255.</summary>
    public byte Red;

    /// <summary>Green, 0 to 255.</summary>
    public byte Green;

    /// <summary>Blue, 0 to 255.</summary>
    public byte Blue;
}
