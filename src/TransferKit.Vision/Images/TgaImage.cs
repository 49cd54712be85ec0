using System.Drawing;

namespace TransferKit.Vision;

/// <summary>Truevision's TGA, with or without run-length coding (specification 2.0, 1991).</summary>
internal sealed unsafe class TgaImage : FilePicture
{
    private const int HeaderLength = 18;
    private const int Indexed = 1, Colored = 2, Gray = 3, RunLengthCoded = 8;

    private readonly int _kind;
    private readonly int _depth;
    private readonly int _firstIndex;
    private readonly int _paletteCount;
    private readonly int _paletteDepth;
    private readonly int _paletteOffset;
    private readonly int _dataOffset;

    /// <summary>Reads the header.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="file">The encoded bytes; not owned.</param>
    /// <param name="length">Their number.</param>
    /// <param name="options">How to decode.</param>
    /// <exception cref="ImageException">It tells of a variant that can't be decoded.</exception>
    public TgaImage(string name, byte* file, int length, DecodingOptions options)
        : base(name, file, length, options)
    {
        (_kind, _depth) = (ReadByte(2), ReadByte(16));
        Size = new(ReadUInt16(12), ReadUInt16(14));
        _paletteOffset = HeaderLength + ReadByte(0);
        if (ReadByte(1) == 1)
            (_firstIndex, _paletteCount, _paletteDepth) = (ReadUInt16(3), ReadUInt16(5), ReadByte(7));
        _dataOffset = _paletteOffset + _paletteCount * ((_paletteDepth + 7) / 8);
        var isKnown = (_kind & ~RunLengthCoded, _depth) switch
        {
            (Indexed, 8) => _paletteDepth is 15 or 16 or 24 or 32,
            (Colored, 15 or 16 or 24 or 32) => true,
            (Gray, 8 or 16) => true,
            (Gray, 1) => _kind == Gray,
            _ => false,
        };
        if (!isKnown)
            throw UnknownVariant();
    }

    /// <inheritdoc/>
    public override Size Size { get; }

    private bool HasAlpha => _depth == 32 || (_kind & ~RunLengthCoded, _depth) is (Gray, 16);

    /// <summary>
    /// Whether the first bytes may be those of a TGA, which has no name of its own in front: every field has a value that it can
    /// have.
    /// </summary>
    public static bool MayBe(ReadOnlySpan<byte> file) => file.Length > HeaderLength
        && (file[1], file[2]) is (1, Indexed or Indexed | RunLengthCoded)
            or (0 or 1, Colored or Gray or Colored | RunLengthCoded or Gray | RunLengthCoded)
        && (file[1] == 0 || file[7] is 15 or 16 or 24 or 32)
        && file[16] is 1 or 8 or 15 or 16 or 24 or 32
        && (file[12] | file[13]) != 0 && (file[14] | file[15]) != 0
        && (file[17] & 0xC0) == 0;

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        target.Reset(Size);
        var palette = stackalloc uint[256];
        FillPalette(palette);
        if (_depth == 1)
            DecodeBits(target);
        else
            DecodePixels(target, palette);
        if (HasAlpha && Background is { } background)
            Transparency.Compose(target, background);
    }

    private void DecodePixels(PixelBuffer target, uint* palette)
    {
        var (bytes, offset) = ((_depth + 7) / 8, (long)_dataOffset);
        // Pixels to come of a packet of run-length coding, which may be all the same.
        var (left, isSame) = ((_kind & RunLengthCoded) == 0 ? int.MaxValue : 0, false);
        for (var i = 0L; i < (long)Size.Width * Size.Height; i++)
        {
            if (left == 0)
            {
                var packet = ReadByte(offset++);
                (left, isSame) = ((packet & 0x7F) + 1, packet > 0x7F);
            }

            if (offset + bytes > Length)
                throw Truncated();
            *Place(target, i) = Color(File + offset, palette);
            left = left == int.MaxValue ? left : left - 1;
            if (!isSame || left == 0)
                offset += bytes;
        }
    }

    private void DecodeBits(PixelBuffer target)
    {
        var stride = (Size.Width + 7) / 8;
        for (var i = 0L; i < (long)Size.Width * Size.Height; i++)
        {
            var (y, x) = Math.DivRem(i, Size.Width);
            var isWhite = (ReadByte(_dataOffset + y * stride + x / 8) << (int)(x % 8) & 0x80) != 0;
            *Place(target, i) = isWhite ? 0xFFFFFFFF : 0xFF000000;
        }
    }

    /// <summary>Where a pixel goes; pictures begin at the bottom and at the left unless they say otherwise.</summary>
    private uint* Place(PixelBuffer target, long pixel)
    {
        var (y, x) = ((int)(pixel / Size.Width), (int)(pixel % Size.Width));
        var (isTopDown, isRightToLeft) = ((File[17] & 0x20) != 0, (File[17] & 0x10) != 0);
        return (uint*)target.At(isRightToLeft ? Size.Width - 1 - x : x, isTopDown ? y : Size.Height - 1 - y);
    }

    private uint Color(byte* stored, uint* palette) => (_kind & ~RunLengthCoded) switch
    {
        Indexed => palette[*stored],
        Gray => (uint)(*stored | *stored << 8 | *stored << 16 | (_depth == 16 ? stored[1] : byte.MaxValue) << 24),
        _ => Color(stored, _depth),
    };

    /// <summary>A color of 5 bits a channel, stretched to 0..255 and rounded down as PIL does, or of 8.</summary>
    private static uint Color(byte* stored, int depth)
    {
        if (depth > 16)
            return (uint)(stored[2] | stored[1] << 8 | stored[0] << 16 | (depth == 32 ? stored[3] : byte.MaxValue) << 24);
        var bits = stored[0] | stored[1] << 8;
        return (uint)(Stretched(bits >> 10) | Stretched(bits >> 5) << 8 | Stretched(bits) << 16 | byte.MaxValue << 24);

        static int Stretched(int bits) => (bits & 31) * byte.MaxValue / 31;
    }

    /// <summary>Colors as pixels; black below the palette's first, grays for those that it has not.</summary>
    private void FillPalette(uint* palette)
    {
        var bytes = (_paletteDepth + 7) / 8;
        if (_paletteOffset + (long)_paletteCount * bytes > Length)
            throw Truncated();
        for (var i = 0; i < 256; i++)
        {
            var place = i - _firstIndex;
            palette[i] = place < 0 ? 0xFF000000
                : place < _paletteCount ? Color(File + _paletteOffset + place * bytes, _paletteDepth) | 0xFF000000
                : 0xFF000000 | (uint)(i * 0x10101);
        }
    }
}
