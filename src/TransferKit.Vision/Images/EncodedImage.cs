using System.Drawing;
using SkiaSharp;

namespace TransferKit.Vision;

/// <summary>A picture whose header has been read and whose pixels can be decoded, whole or in part.</summary>
internal sealed unsafe class EncodedImage : Picture
{
    // libjpeg interpolates color between neighbors; with this margin cropping does not change a single pixel.
    private const int CropMargin = 2;

    private readonly string _name;
    private readonly SKCodec _codec;
    private readonly byte* _file;
    private readonly int _fileLength;
    private readonly PixelBuffer _turning;
    private readonly Size _stored;
    private readonly ImageFormat _format;
    private readonly Orientation _orientation;
    private readonly Color? _background;

    /// <param name="name">What messages call it.</param>
    /// <param name="codec">The opened codec; from here on owned.</param>
    /// <param name="file">The encoded bytes; not owned.</param>
    /// <param name="fileLength">Their number.</param>
    /// <param name="format">Their format.</param>
    /// <param name="turning">Room for pixels on their way to standing upright.</param>
    /// <param name="options">How to decode.</param>
    public EncodedImage(
        string name, SKCodec codec, byte* file, int fileLength, ImageFormat format, PixelBuffer turning, DecodingOptions options)
    {
        _name = name;
        _codec = codec;
        _file = file;
        _fileLength = fileLength;
        _format = format;
        _turning = turning;
        _stored = new(codec.Info.Width, codec.Info.Height);
        _background = options.Background;
        _orientation = options.ApplyOrientation ? Orientation.FromExif(ExifOrientation.Find(File, format)) : default;
        Size = _orientation.Turn(_stored);
    }

    /// <inheritdoc/>
    public override Size Size { get; }

    /// <inheritdoc/>
    public override long DecodingBytes => _orientation.IsUpright ? base.DecodingBytes : 2 * base.DecodingBytes;

    private ReadOnlySpan<byte> File => new(_file, _fileLength);

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        if (!FileFormat.IsComplete(File, _format))
            throw new ImageException(_name, "the file is truncated");
        var (storedPart, stored) = (_orientation.ToStored(part, _stored), _orientation.IsUpright ? target : _turning);
        // Only the JPEG decoder can leave parts out, and it does not pay for a few rows or columns.
        var isWorthwhile = (long)storedPart.Width * storedPart.Height < 0.9 * _stored.Width * _stored.Height;
        var result = _format == ImageFormat.Jpeg && isWorthwhile && !JpegStructure.LacksCoefficients(File)
            ? DecodePart(storedPart, stored)
            : DecodeWhole(stored);
        if (result != SKCodecResult.Success)
            throw new ImageException(_name, ImageDecoder.Reason(result));
        if (_background is { } background && !IsOpaque)
            Transparency.Compose(stored, background);
        if (!_orientation.IsUpright)
            _orientation.Turn(stored, target, _stored);
    }

    public override void Dispose() => _codec.Dispose();

    private SKCodecResult DecodeWhole(PixelBuffer target)
    {
        target.Reset(_stored);
        return _codec.GetPixels(Format, (nint)target.Data, (int)target.Stride, SKCodecOptions.Default);
    }

    private SKCodecResult DecodePart(Rectangle part, PixelBuffer target)
    {
        part.Inflate(CropMargin, 0);
        part.Intersect(new(Point.Empty, _stored));
        target.Reset(part);

        var columns = new SKRectI(part.Left, 0, part.Right, _stored.Height);
        var result = _codec.StartScanlineDecode(Format, new SKCodecOptions(columns));
        if (result != SKCodecResult.Success)
            return result;
        if (part.Top > 0 && !_codec.SkipScanlines(part.Top))
            return SKCodecResult.IncompleteInput;
        var rows = _codec.GetScanlines((nint)target.Data, part.Height, (int)target.Stride);
        return rows == part.Height ? SKCodecResult.Success : SKCodecResult.IncompleteInput;
    }

    private SKImageInfo Format => new(
        _stored.Width,
        _stored.Height,
        SKColorType.Rgba8888,
        IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul);

    private bool IsOpaque => _codec.Info.AlphaType == SKAlphaType.Opaque;
}
