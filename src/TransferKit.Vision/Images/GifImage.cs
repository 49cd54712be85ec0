using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// The first frame of a GIF (GIF89a, CompuServe, 1990). Decoded here and not by the image library, which forgets the color of
/// transparent pixels that PIL shows.
/// </summary>
internal sealed unsafe class GifImage : FilePicture
{
    private const int HeaderLength = 13;
    private const int DescriptorLength = 9;

    /// <summary>
    /// Interlaced rows come in four passes: every eighth from 0 and from 4, every fourth from 2, every second from 1.
    /// </summary>
    private static readonly (int Start, int Step)[] InterlacedPasses = [(0, 8), (4, 8), (2, 4), (1, 2)];

    private readonly Rectangle _frame;
    private readonly bool _isInterlaced;
    private readonly int _paletteOffset;
    private readonly int _paletteCount;
    private readonly int? _transparent;
    private readonly int _dataOffset;

    /// <summary>Reads everything before the frame's pixels.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="file">The encoded bytes; not owned.</param>
    /// <param name="length">Their number.</param>
    /// <param name="options">How to decode.</param>
    /// <exception cref="ImageException">There is no frame.</exception>
    public GifImage(string name, byte* file, int length, DecodingOptions options)
        : base(name, file, length, options)
    {
        var offset = HeaderLength;
        var flags = ReadByte(10);
        if (HasPalette(flags))
            (_paletteOffset, _paletteCount, offset) = (offset, PaletteCount(flags), offset + 3 * PaletteCount(flags));
        const byte extension = 0x21, graphicControl = 0xF9, image = 0x2C, trailer = 0x3B;
        while (ReadByte(offset) is var block && block != image)
        {
            if (block == trailer)
                throw Damaged();
            if (block != extension)
            {
                // Between blocks there may be anything; PIL passes over it as well.
                offset++;
                continue;
            }

            if (ReadByte(offset + 1) == graphicControl && (ReadByte(offset + 3) & 1) == 1)
                _transparent = ReadByte(offset + 6);
            offset = SkipBlocks(offset + 2);
        }

        var descriptor = offset + 1;
        _frame = new(ReadUInt16(descriptor), ReadUInt16(descriptor + 2), ReadUInt16(descriptor + 4), ReadUInt16(descriptor + 6));
        flags = ReadByte(descriptor + 8);
        _isInterlaced = (flags & 0x40) != 0;
        offset = descriptor + DescriptorLength;
        if (HasPalette(flags))
            (_paletteOffset, _paletteCount, offset) = (offset, PaletteCount(flags), offset + 3 * PaletteCount(flags));
        _dataOffset = offset;
        // A frame that sticks out of the screen makes it larger.
        Size = new(Math.Max(ReadUInt16(6), _frame.Right), Math.Max(ReadUInt16(8), _frame.Bottom));
        if (_frame.Width == 0 || _frame.Height == 0)
            throw Damaged();
    }

    /// <inheritdoc/>
    public override Size Size { get; }

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        target.Reset(Size);
        var palette = stackalloc uint[256];
        FillPalette(palette);
        if (_frame != new Rectangle(Point.Empty, Size))
            Fill(target, palette[_transparent ?? 0]);
        DecodeFrame(target, palette);
        if (Background is { } background && _transparent is not null)
            Transparency.Compose(target, background);
    }

    /// <summary>Colors as pixels, the transparent one with an alpha of 0; grays for those that the palette has not.</summary>
    private void FillPalette(uint* palette)
    {
        for (var i = 0; i < 256; i++)
        {
            var color = _paletteOffset + 3 * i;
            var (red, green, blue) = i < _paletteCount
                ? (ReadByte(color), ReadByte(color + 1), ReadByte(color + 2))
                : (i, i, i);
            palette[i] = (uint)(red | green << 8 | blue << 16 | (i == _transparent ? 0 : 0xFF << 24));
        }
    }

    private static void Fill(PixelBuffer target, uint pixel)
    {
        for (var y = 0; y < target.Height; y++)
            new Span<uint>(target.At(0, y), target.Width).Fill(pixel);
    }

    /// <summary>Decodes the variable-length LZW codes straight into pixels.</summary>
    private void DecodeFrame(PixelBuffer target, uint* palette)
    {
        const int maximumCodes = 4096;
        var minimumBits = ReadByte(_dataOffset);
        if (minimumBits is < 1 or > 11)
            throw Damaged();
        var bits = new GifBits(File, Length, _dataOffset + 1);
        var prefix = stackalloc ushort[maximumCodes];
        var suffix = stackalloc byte[maximumCodes];
        var reversed = stackalloc byte[maximumCodes + 1];
        var (clear, end) = (1 << minimumBits, (1 << minimumBits) + 1);
        var (width, next, previous) = (minimumBits + 1, end + 1, -1);
        byte first = 0;
        var (x, y) = (0, 0);

        while (y < _frame.Height)
        {
            var code = bits.Read(width);
            if (code < 0 || code == end)
                throw Truncated();
            if (code == clear)
            {
                (width, next, previous) = (minimumBits + 1, end + 1, -1);
                continue;
            }

            if (code > next || (previous < 0 && code > clear) || (code == next && previous < 0))
                throw Damaged();
            // A code that is only about to be defined means the previous string with its first pixel repeated.
            var count = 0;
            var rest = code;
            if (code == next)
            {
                reversed[count++] = first;
                rest = previous;
            }

            for (; rest > end; rest = prefix[rest])
                reversed[count++] = suffix[rest];
            first = (byte)rest;
            reversed[count++] = first;
            if (previous >= 0 && next < maximumCodes)
            {
                prefix[next] = (ushort)previous;
                suffix[next++] = first;
                if (next == 1 << width && width < 12)
                    width++;
            }

            previous = code;
            while (count > 0 && y < _frame.Height)
            {
                *(uint*)target.At(_frame.X + x, _frame.Y + (_isInterlaced ? Interlaced(y) : y)) = palette[reversed[--count]];
                if (++x == _frame.Width)
                    (x, y) = (0, y + 1);
            }
        }
    }

    private int Interlaced(int row)
    {
        foreach (var (start, step) in InterlacedPasses)
        {
            var rows = Math.Max(0, (_frame.Height - start + step - 1) / step);
            if (row < rows)
                return start + row * step;
            row -= rows;
        }

        return row;
    }

    private int SkipBlocks(int offset)
    {
        while (ReadByte(offset) is > 0 and var length)
            offset += 1 + length;
        return offset + 1;
    }

    private static bool HasPalette(int flags) => (flags & 0x80) != 0;

    private static int PaletteCount(int flags) => 2 << (flags & 7);
}
