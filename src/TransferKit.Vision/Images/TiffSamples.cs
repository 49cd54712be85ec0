using System.Buffers.Binary;
using System.Runtime.InteropServices;
using BitMiracle.LibTiff.Classic;

namespace TransferKit.Vision;

/// <summary>
/// What the samples of a TIFF mean. They become colors as in PIL: of 16 bits the upper ones count, and numbers of 32 bits are
/// clipped to 0..255.
/// </summary>
internal sealed unsafe class TiffSamples
{
    // More than any picture has: a few bytes of file must not ask for gigabytes.
    private const int MostSamples = 8;

    private readonly Photometric _meaning;
    private readonly SampleFormat _format;
    private readonly int _bits;
    private readonly uint[] _palette = [];
    private readonly bool _isPremultiplied;
    private readonly bool _isJpeg;

    private TiffSamples(Tiff tiff, int count)
    {
        Count = count;
        _meaning = (Photometric)Field(tiff, TiffTag.PHOTOMETRIC);
        _isJpeg = (Compression)Field(tiff, TiffTag.COMPRESSION) == Compression.JPEG;
        _bits = Field(tiff, TiffTag.BITSPERSAMPLE);
        _format = (SampleFormat)Field(tiff, TiffTag.SAMPLEFORMAT);
        Planes = count > 1 && Field(tiff, TiffTag.PLANARCONFIG) == (int)PlanarConfig.SEPARATE ? count : 1;
        // Some leave out what the fourth sample is; PIL takes it for alpha, too.
        var extra = tiff.GetField(TiffTag.EXTRASAMPLES) is [_, var kinds, ..] && kinds.ToShortArray() is [var kind, ..]
            ? (ExtraSample)kind : _meaning == Photometric.RGB ? ExtraSample.UNASSALPHA : ExtraSample.UNSPECIFIED;
        HasAlpha = count == Colors + 1 && extra != ExtraSample.UNSPECIFIED;
        _isPremultiplied = HasAlpha && extra == ExtraSample.ASSOCALPHA;
        if (_meaning == Photometric.PALETTE)
            _palette = ReadPalette(tiff);
    }

    /// <summary>Samples of a pixel.</summary>
    public int Count { get; }

    /// <summary>Planes in which samples are stored: one with all of a pixel side by side, or one for each.</summary>
    public int Planes { get; }

    /// <summary>Whether a sample says how opaque a pixel is.</summary>
    public bool HasAlpha { get; }

    /// <summary>Whether pixels share samples of color, within strips or tiles that are JPEGs.</summary>
    public bool AreInJpegs => _meaning == Photometric.YCBCR && _isJpeg;

    /// <summary>Whether pixels share samples of color in other ways.</summary>
    public bool AreShared => _meaning == Photometric.YCBCR && !_isJpeg;

    private int Colors => _meaning switch
    {
        Photometric.RGB => 3,
        Photometric.SEPARATED => 4,
        _ => 1,
    };

    /// <summary>Reads the fields that tell; null for variants that can't be decoded.</summary>
    public static TiffSamples? Of(Tiff tiff)
    {
        var count = Field(tiff, TiffTag.SAMPLESPERPIXEL);
        if (count is < 1 or > MostSamples || !tiff.IsCodecConfigured((Compression)Field(tiff, TiffTag.COMPRESSION)))
            return null;
        var samples = new TiffSamples(tiff, count);
        return samples.AreKnown ? samples : null;
    }

    private bool AreKnown => _meaning switch
    {
        Photometric.MINISWHITE or Photometric.MINISBLACK => (_bits, _format) is
            (1 or 2 or 4 or 8 or 12 or 16 or 32, SampleFormat.UINT) or (16 or 32, SampleFormat.INT) or (32, SampleFormat.IEEEFP),
        Photometric.PALETTE => _bits is 1 or 2 or 4 or 8 && _palette.Length == 1 << _bits,
        Photometric.RGB or Photometric.SEPARATED => _bits is 8 or 16 && _format == SampleFormat.UINT && Count >= Colors,
        Photometric.YCBCR => _bits == 8 && Count == 3,
        _ => false,
    };

    /// <summary>Bytes of a row in one plane.</summary>
    public int BytesOf(int width) => checked((int)(((long)width * (Count / Planes) * _bits + 7) / 8));

    /// <summary>Makes a byte of each sample of a row.</summary>
    /// <param name="stored">The samples of one plane, of at least a row.</param>
    /// <param name="row">Where they go: the first, and every so many after it.</param>
    /// <param name="step">The number of planes.</param>
    public void Narrow(ReadOnlySpan<byte> stored, Span<byte> row, int step)
    {
        var count = (row.Length + step - 1) / step;
        if (_bits == 8 && step == 1)
        {
            stored[..count].CopyTo(row);
            return;
        }

        for (var i = 0; i < count; i++)
            row[i * step] = Narrow(stored, i);
    }

    /// <summary>Makes pixels of the samples of a row.</summary>
    public void ToPixels(ReadOnlySpan<byte> row, uint* pixels, int count)
    {
        for (var x = 0; x < count; x++, row = row[Count..])
        {
            var alpha = HasAlpha ? row[Colors] : byte.MaxValue;
            pixels[x] = _meaning switch
            {
                Photometric.MINISBLACK => Pixel(row[0], row[0], row[0], alpha),
                Photometric.MINISWHITE => ~Pixel(row[0], row[0], row[0], (byte)~alpha),
                Photometric.PALETTE => _palette[row[0]] | (uint)alpha << 24,
                Photometric.SEPARATED => Pixel(Ink(row[0], row[3]), Ink(row[1], row[3]), Ink(row[2], row[3]), alpha),
                _ => Pixel(row[0], row[1], row[2], alpha),
            };
            if (_isPremultiplied)
                pixels[x] = Divide(pixels[x], alpha);
        }
    }

    private byte Narrow(ReadOnlySpan<byte> stored, int index)
    {
        switch (_bits)
        {
            case 8:
                return stored[index];
            case 12:
                // Two samples in three bytes, of each the upper eight bits.
                var at = index / 2 * 3;
                return index % 2 == 0 ? stored[at] : (byte)(stored[at + 1] << 4 | stored[at + 2] >> 4);
            case 16:
                var number = BinaryPrimitives.ReadInt16LittleEndian(stored[(2 * index)..]);
                return _format == SampleFormat.INT ? (byte)Math.Clamp(number, (short)0, (short)255) : (byte)(number >> 8);
            case 32:
                return Clip(MemoryMarshal.Cast<byte, int>(stored)[index]);
            default:
                var perByte = 8 / _bits;
                var bits = stored[index / perByte] >> (perByte - 1 - index % perByte) * _bits & (1 << _bits) - 1;
                return (byte)(_meaning == Photometric.PALETTE ? bits : bits * byte.MaxValue / ((1 << _bits) - 1));
        }
    }

    private byte Clip(int bits) => _format switch
    {
        SampleFormat.IEEEFP => (byte)Math.Clamp(BitConverter.Int32BitsToSingle(bits), 0f, 255f),
        SampleFormat.UINT => (byte)Math.Min((uint)bits, byte.MaxValue),
        _ => (byte)Math.Clamp(bits, 0, 255),
    };

    private static uint Pixel(byte red, byte green, byte blue, byte alpha) => (uint)(red | green << 8 | blue << 16 | alpha << 24);

    /// <summary>What is left of white under an ink and black, multiplied in PIL's way.</summary>
    private static byte Ink(byte ink, byte black)
    {
        var left = byte.MaxValue - black;
        var product = ink * left + 128;
        return (byte)Math.Max(0, left - (((product >> 8) + product) >> 8));
    }

    /// <summary>Undoes that a color was multiplied by its alpha.</summary>
    private static uint Divide(uint pixel, byte alpha)
    {
        return alpha == 0 ? 0 : Pixel(Divided(pixel), Divided(pixel >> 8), Divided(pixel >> 16), alpha);

        byte Divided(uint product) => (byte)Math.Min((byte)product * byte.MaxValue / alpha, byte.MaxValue);
    }

    private static uint[] ReadPalette(Tiff tiff)
    {
        if (tiff.GetField(TiffTag.COLORMAP) is not [var red, var green, var blue, ..])
            return [];
        var (reds, greens, blues) = (red.ToUShortArray(), green.ToUShortArray(), blue.ToUShortArray());
        return [.. reds.Select((_, i) => Pixel((byte)(reds[i] >> 8), (byte)(greens[i] >> 8), (byte)(blues[i] >> 8), 0))];
    }

    private static int Field(Tiff tiff, TiffTag tag) => tiff.GetFieldDefaulted(tag) is [var value, ..] ? value.ToInt() : 0;
}
