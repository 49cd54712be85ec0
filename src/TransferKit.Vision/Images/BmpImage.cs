using System.Drawing;
using System.Numerics;

namespace TransferKit.Vision;

/// <summary>
/// A Windows or OS/2 bitmap. Decoded here and not by the image library, which rounds colors of 5 and 6 bits in another way than
/// PIL and paints the pixels black that run-length coding skips.
/// </summary>
internal sealed unsafe class BmpImage : FilePicture
{
    private const int FileHeader = 14;
    private const int OldHeader = 12, InfoHeader = 40, HeaderWithMasks = 52, HeaderWithAlpha = 56, Os2Header = 64, Version4 = 108,
        Version5 = 124;
    private const uint Plain = 0, RunLength8 = 1, RunLength4 = 2, BitFields = 3, AlphaBitFields = 6;

    private readonly bool _isTopDown;
    private readonly int _bits;
    private readonly uint _compression;
    private readonly int _paletteOffset;
    private readonly int _paletteStride;
    private readonly int _paletteCount;
    private readonly uint[] _masks = new uint[4];
    private readonly int _dataOffset;

    /// <summary>Reads the headers.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="file">The encoded bytes; not owned.</param>
    /// <param name="length">Their number.</param>
    /// <param name="options">How to decode.</param>
    /// <exception cref="ImageException">They make no sense, or tell of a variant that can't be decoded.</exception>
    public BmpImage(string name, byte* file, int length, DecodingOptions options)
        : base(name, file, length, options)
    {
        var dataOffset = ReadUInt32(10);
        var header = ReadUInt32(FileHeader);
        if (header is not (OldHeader or InfoHeader or HeaderWithMasks or HeaderWithAlpha or Os2Header or Version4 or Version5))
            throw Damaged();
        var afterHeader = FileHeader + (int)header;
        if (header == OldHeader)
        {
            Size = new(ReadUInt16(18), ReadUInt16(20));
            (_bits, _paletteStride, _paletteCount) = (ReadUInt16(24), 3, 1 << ReadUInt16(24));
        }
        else
        {
            var height = (int)ReadUInt32(22);
            (Size, _isTopDown) = (new((int)ReadUInt32(18), height == int.MinValue ? 0 : Math.Abs(height)), height < 0);
            (_bits, _compression, _paletteStride) = (ReadUInt16(28), ReadUInt32(30), 4);
            _paletteCount = ReadUInt32(46) is > 0 and var count ? (int)Math.Min(count, 256) : 1 << _bits;
        }

        if (Size.Width < 1 || Size.Height < 1)
            throw Damaged();
        RequireKnownVariant(header);
        afterHeader += ReadMasks(header);
        _paletteOffset = afterHeader;
        var afterPalette = afterHeader + (_bits <= 8 ? _paletteStride * _paletteCount : 0);
        // Some say that the pixels begin where the palette does, and many say nothing.
        _dataOffset = dataOffset == 0 || dataOffset == afterHeader ? afterPalette : (int)Math.Min(dataOffset, (uint)length);
    }

    /// <inheritdoc/>
    public override Size Size { get; }

    private long Stride => ((long)Size.Width * _bits + 31) / 32 * 4;

    private bool IsRunLengthCoded => _compression is RunLength8 or RunLength4;

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        var lastRow = ((long)Size.Width * _bits + 7) / 8;
        if (!IsRunLengthCoded && _dataOffset + Stride * (Size.Height - 1) + lastRow > Length)
            throw Truncated();
        target.Reset(part);
        if (IsRunLengthCoded)
            DecodeRuns(part, target);
        else if (_bits <= 8)
            DecodeIndices(part, target);
        else
            DecodeColors(part, target);
        if (Background is { } background && _masks[3] != 0)
            Transparency.Compose(target, background);
    }

    private void RequireKnownVariant(uint header)
    {
        var isKnown = _compression switch
        {
            Plain => _bits is 1 or 2 or 4 or 8 or 16 or 24 or 32,
            RunLength8 => _bits == 8 && !_isTopDown,
            RunLength4 => _bits == 4 && !_isTopDown,
            // In OS/2's header the same number stands for a code of fax machines.
            BitFields or AlphaBitFields => _bits is 16 or 24 or 32 && header != Os2Header,
            _ => false, // a JPEG or a PNG for printers
        };
        if (!isKnown)
            throw UnknownVariant();
    }

    /// <summary>Reads which bits of a pixel make its channels; gives the bytes that this takes behind the header.</summary>
    private int ReadMasks(uint header)
    {
        if (_bits <= 8)
            return 0;
        if (_compression == Plain)
        {
            (_masks[0], _masks[1], _masks[2]) = _bits == 16 ? (0x7C00u, 0x3E0u, 0x1Fu) : (0xFF0000u, 0xFF00u, 0xFFu);
            return 0;
        }

        var count = _compression == AlphaBitFields || header >= HeaderWithAlpha ? 4 : 3;
        for (var i = 0; i < count; i++)
            _masks[i] = ReadUInt32(FileHeader + InfoHeader + 4 * i);
        if (_masks.All(mask => mask == 0))
            (_masks[0], _masks[1], _masks[2], _masks[3]) = (0xFF0000, 0xFF00, 0xFF, 0xFF000000);
        return header == InfoHeader ? 4 * count : 0;
    }

    private void DecodeIndices(Rectangle part, PixelBuffer target)
    {
        var palette = stackalloc uint[256];
        FillPalette(palette);
        var (perByte, mask) = (8 / _bits, (1 << _bits) - 1);
        for (var y = part.Top; y < part.Bottom; y++)
        {
            var row = Row(y);
            var pixel = (uint*)target.At(part.Left, y);
            for (var x = part.Left; x < part.Right; x++)
                *pixel++ = palette[row[x / perByte] >> (perByte - 1 - x % perByte) * _bits & mask];
        }
    }

    private void DecodeColors(Rectangle part, PixelBuffer target)
    {
        var channels = stackalloc Channel[4];
        for (var i = 0; i < 4; i++)
            channels[i] = new(_masks[i]);
        var bytes = _bits / 8;
        for (var y = part.Top; y < part.Bottom; y++)
        {
            var stored = Row(y) + (nint)part.Left * bytes;
            var pixel = target.At(part.Left, y);
            for (var x = part.Left; x < part.Right; x++, stored += bytes, pixel += PixelBuffer.BytesPerPixel)
            {
                var value = (uint)(stored[0] | stored[1] << 8);
                if (bytes > 2)
                    value |= (uint)stored[2] << 16;
                if (bytes > 3)
                    value |= (uint)stored[3] << 24;
                for (var i = 0; i < 3; i++)
                    pixel[i] = channels[i].Of(value);
                pixel[3] = _masks[3] == 0 ? byte.MaxValue : channels[3].Of(value);
            }
        }
    }

    /// <summary>
    /// Runs may end a line, or skip pixels, before all of them are painted; those keep the first color of the palette.
    /// </summary>
    private void DecodeRuns(Rectangle part, PixelBuffer target)
    {
        var indices = new byte[checked(Size.Width * Size.Height)];
        if (!new BmpRuns(new(File, Length), _dataOffset, Size.Width, _compression == RunLength4).TryDecode(indices))
            throw Truncated();
        var palette = stackalloc uint[256];
        FillPalette(palette);
        for (var y = part.Top; y < part.Bottom; y++)
        {
            var pixel = (uint*)target.At(part.Left, y);
            foreach (var index in indices.AsSpan((Size.Height - 1 - y) * Size.Width + part.Left, part.Width))
                *pixel++ = palette[index];
        }
    }

    /// <summary>Colors as pixels; grays for those that the palette has not.</summary>
    private void FillPalette(uint* palette)
    {
        for (var i = 0; i < 256; i++)
        {
            var color = _paletteOffset + _paletteStride * i;
            var (red, green, blue) = i < _paletteCount && color + 3 <= Length
                ? (File[color + 2], File[color + 1], File[color])
                : ((byte)i, (byte)i, (byte)i);
            palette[i] = (uint)(red | green << 8 | blue << 16 | 0xFF << 24);
        }
    }

    private byte* Row(int y) => File + _dataOffset + Stride * (_isTopDown ? y : Size.Height - 1 - y);

    /// <summary>The bits of a pixel that make a channel, stretched to 0..255 and rounded down, as PIL does.</summary>
    private readonly struct Channel(uint mask)
    {
        private readonly int _shift = BitOperations.TrailingZeroCount(mask) & 31;

        public byte Of(uint value) =>
            mask == 0 ? (byte)0 : (byte)((ulong)((value & mask) >> _shift) * byte.MaxValue / (mask >> _shift));
    }
}
