using System.Drawing;
using System.Runtime.InteropServices;

namespace TransferKit.Vision;

/// <summary>
/// Pixels in native memory: red, green, blue and one unused byte each, row after row. It may hold only a part of a picture
/// (<see cref="Area"/>), and is addressed in the picture's coordinates. Rows are padded to whole vectors of 32 bytes,
/// which kernels may read and overwrite.
/// </summary>
internal sealed unsafe class PixelBuffer : IDisposable
{
    public const int BytesPerPixel = 4;

    private readonly NativeBuffer _memory = new();

    /// <summary>The part of the picture that the buffer holds.</summary>
    public Rectangle Area { get; private set; }

    public int Width => Area.Width;

    public int Height => Area.Height;

    /// <summary>Bytes from one row to the next.</summary>
    public nint Stride { get; private set; }

    /// <summary>The first pixel held.</summary>
    public byte* Data => _memory.Data;

    /// <summary>Bytes of memory that it holds, which may be more than the pixels take.</summary>
    public long HeldBytes => _memory.HeldBytes;

    private nuint ByteLength => (nuint)Stride * (nuint)Height;

    /// <summary>Makes room for a part of a picture. The contents are undefined afterwards.</summary>
    public void Reset(Rectangle area)
    {
        Area = area;
        Stride = ((nint)area.Width * BytesPerPixel + 31) & ~31;
        _memory.Reserve(ByteLength);
    }

    /// <summary>Makes room for a whole picture. The contents are undefined afterwards.</summary>
    public void Reset(Size size) => Reset(new Rectangle(Point.Empty, size));

    /// <summary>Makes every pixel black.</summary>
    public void Clear() => NativeMemory.Clear(Data, ByteLength);

    /// <summary>
    /// The address of a pixel, in the picture's coordinates. It may lie outside <see cref="Area"/> as long as what is then
    /// read from there lies inside.
    /// </summary>
    public byte* At(int x, int y) => Data + (y - Area.Y) * Stride + (nint)(x - Area.X) * BytesPerPixel;

    /// <summary>The pixels of a row that are held, with its padding.</summary>
    /// <param name="y">The row, in the picture's coordinates, within <see cref="Area"/>.</param>
    public Span<byte> Row(int y) => new(At(Area.X, y), (int)Stride);

    /// <summary>Red, green and blue of each pixel held, row by row.</summary>
    public byte[] ToRgb()
    {
        var rgb = new byte[3 * Width * Height];
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
                new ReadOnlySpan<byte>(Data + y * Stride + (nint)x * BytesPerPixel, 3).CopyTo(rgb.AsSpan(3 * (y * Width + x)));
        return rgb;
    }

    public void Dispose() => _memory.Dispose();
}
