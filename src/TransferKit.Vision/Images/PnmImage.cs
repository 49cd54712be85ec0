using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Netpbm's formats PBM, PGM and PPM, as text or bytes (J. Poskanzer, 1988). Values up to another maximum than 255 are scaled as
/// PIL scales those of colors.
/// </summary>
internal sealed unsafe class PnmImage : FilePicture
{
    private readonly int _kind;
    private readonly int _maximum = 1;
    private readonly int _dataOffset;

    /// <summary>Reads the header.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="file">The encoded bytes; not owned.</param>
    /// <param name="length">Their number.</param>
    /// <param name="options">How to decode.</param>
    /// <exception cref="ImageException">It makes no sense.</exception>
    public PnmImage(string name, byte* file, int length, DecodingOptions options)
        : base(name, file, length, options)
    {
        const int magic = 2;
        _kind = ReadByte(1) - '0';
        var offset = magic;
        Size = new(ReadNumber(ref offset), ReadNumber(ref offset));
        if (!IsBilevel)
            _maximum = ReadNumber(ref offset);
        if (Size.Width < 1 || Size.Height < 1 || _maximum is < 1 or > ushort.MaxValue)
            throw Damaged();
        _dataOffset = offset;
    }

    /// <inheritdoc/>
    public override Size Size { get; }

    private bool IsText => _kind <= 3;

    private bool IsBilevel => _kind is 1 or 4;

    private int Channels => _kind is 3 or 6 ? 3 : 1;

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        target.Reset(Size);
        var offset = _dataOffset;
        for (var y = 0; y < Size.Height; y++)
        {
            var pixel = target.At(0, y);
            for (var x = 0; x < Size.Width; x++, pixel += PixelBuffer.BytesPerPixel)
            {
                for (var channel = 0; channel < Channels; channel++)
                    pixel[channel] = IsText ? ReadTextValue(ref offset) : ReadValue(x, ref offset);
                if (Channels == 1)
                    pixel[1] = pixel[2] = pixel[0];
            }
        }
    }

    private byte ReadValue(int x, ref int offset)
    {
        if (IsBilevel)
        {
            // Rows begin with a byte; a one is black.
            var bits = ReadByte(offset);
            if (x % 8 == 7 || x == Size.Width - 1)
                offset++;
            return (bits << x % 8 & 0x80) == 0 ? byte.MaxValue : (byte)0;
        }

        var value = ReadByte(offset++);
        return Scale(_maximum < 256 ? value : value << 8 | ReadByte(offset++));
    }

    private byte ReadTextValue(ref int offset)
    {
        if (!IsBilevel)
            return Scale(ReadNumber(ref offset));
        SkipBlanks(ref offset);
        return ReadByte(offset++) switch
        {
            '0' => byte.MaxValue,
            '1' => 0,
            _ => throw Damaged(),
        };
    }

    private byte Scale(int value) =>
        _maximum == byte.MaxValue ? (byte)Math.Min(value, byte.MaxValue)
        : (byte)Math.Round(Math.Min(value, _maximum) / (double)_maximum * byte.MaxValue);

    /// <summary>Reads a number and the one blank behind it.</summary>
    private int ReadNumber(ref int offset)
    {
        const int longest = 10;
        SkipBlanks(ref offset);
        var (value, digits) = (0L, 0);
        for (; offset < Length && char.IsAsciiDigit((char)File[offset]); offset++, digits++)
            value = 10 * value + File[offset] - '0';
        if (digits == 0 && offset == Length)
            throw Truncated();
        var isEnded = offset == Length || IsBlank(File[offset]) || File[offset] == '#';
        if (digits is 0 or > longest || value > int.MaxValue || !isEnded)
            throw Damaged();
        if (offset < Length && IsBlank(File[offset]))
            offset++;
        return (int)value;
    }

    /// <summary>Skips blanks, and what is noted behind a number sign up to the end of its line.</summary>
    private void SkipBlanks(ref int offset)
    {
        while (offset < Length && (IsBlank(File[offset]) || File[offset] == '#'))
        {
            if (File[offset++] != '#')
                continue;
            while (offset < Length && File[offset] is not ((byte)'\n' or (byte)'\r'))
                offset++;
        }
    }

    private static bool IsBlank(byte value) => value is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');
}
