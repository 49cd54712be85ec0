using System.Buffers.Binary;
using System.Drawing;

namespace TransferKit.Vision;

/// <summary>The Quite OK Image format (D. Szablewski, specification 1.0, 2022).</summary>
internal sealed unsafe class QoiImage : FilePicture
{
    private const int HeaderLength = 14;

    /// <summary>Reads the header.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="file">The encoded bytes; not owned.</param>
    /// <param name="length">Their number.</param>
    /// <param name="options">How to decode.</param>
    /// <exception cref="ImageException">It makes no sense.</exception>
    public QoiImage(string name, byte* file, int length, DecodingOptions options)
        : base(name, file, length, options)
    {
        if (length < HeaderLength)
            throw Truncated();
        Size = new(
            BinaryPrimitives.ReadInt32BigEndian(new(file + 4, 4)), BinaryPrimitives.ReadInt32BigEndian(new(file + 8, 4)));
        if (Size.Width < 1 || Size.Height < 1 || file[12] is not (3 or 4))
            throw Damaged();
    }

    /// <inheritdoc/>
    public override Size Size { get; }

    private bool HasAlpha => File[12] == 4;

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        target.Reset(Size);
        // The colors seen lately, by a hash of them.
        var seen = stackalloc Rgba[64];
        new Span<Rgba>(seen, 64).Clear();
        var pixel = new Rgba(0, 0, 0, byte.MaxValue);
        var (offset, run) = ((long)HeaderLength, 0);
        for (var y = 0; y < Size.Height; y++)
        {
            var row = (Rgba*)target.At(0, y);
            for (var x = 0; x < Size.Width; x++)
            {
                if (run > 0)
                {
                    run--;
                }
                else
                {
                    Next(ref pixel, seen, ref offset, out run);
                    seen[pixel.Hash] = pixel;
                }

                row[x] = pixel;
            }
        }

        if (HasAlpha && Background is { } background)
            Transparency.Compose(target, background);
    }

    /// <summary>Reads what the next pixel is, or how often it is the last one.</summary>
    private void Next(ref Rgba pixel, Rgba* seen, ref long offset, out int run)
    {
        const int rgb = 0xFE, rgba = 0xFF;
        run = 0;
        var code = ReadByte(offset++);
        if (code is rgb or rgba)
        {
            var alpha = code == rgba ? (byte)ReadByte(offset + 3) : pixel.Alpha;
            pixel = new((byte)ReadByte(offset), (byte)ReadByte(offset + 1), (byte)ReadByte(offset + 2), alpha);
            offset += code == rgba ? 4 : 3;
            return;
        }

        var bits = code & 0x3F;
        switch (code >> 6)
        {
            case 0:
                pixel = seen[bits];
                break;
            case 1:
                pixel = pixel.Plus((bits >> 4) - 2, (bits >> 2 & 3) - 2, (bits & 3) - 2);
                break;
            case 2:
                var (green, rest) = (bits - 32, ReadByte(offset++));
                pixel = pixel.Plus(green + (rest >> 4) - 8, green, green + (rest & 0x0F) - 8);
                break;
            default:
                run = bits;
                break;
        }
    }

    private readonly record struct Rgba(byte Red, byte Green, byte Blue, byte Alpha)
    {
        public int Hash => (Red * 3 + Green * 5 + Blue * 7 + Alpha * 11) % 64;

        public Rgba Plus(int red, int green, int blue) =>
            this with { Red = (byte)(Red + red), Green = (byte)(Green + green), Blue = (byte)(Blue + blue) };
    }
}
