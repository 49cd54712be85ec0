using System.Drawing;
using BitMiracle.LibTiff.Classic;
using SkiaSharp;

namespace TransferKit.Vision;

/// <summary>
/// The first picture of a TIFF (revision 6.0, 1992; BigTIFF as well). LibTiff.NET unpacks its strips or tiles; what their samples
/// mean is said by <see cref="TiffSamples"/>.
/// </summary>
internal sealed unsafe class TiffImage : Picture
{
    private readonly string _name;
    private readonly UnmanagedMemoryStream _file;
    private readonly Tiff _tiff;
    private readonly PixelBuffer _turning;
    private readonly Color? _background;
    private readonly Orientation _orientation;
    private readonly TiffSamples _samples;
    private readonly Size _stored;
    private readonly Size _block;
    private readonly bool _isTiled;
    private readonly int _blockStride;

    static TiffImage()
    {
        // By default the library writes to the console; whoever has told it something else is left alone.
        var before = Tiff.SetErrorHandler(new NoErrors());
        if (before is not null && before.GetType() != typeof(TiffErrorHandler))
            Tiff.SetErrorHandler(before);
    }

    /// <summary>Reads the first directory.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="file">The encoded bytes; not owned.</param>
    /// <param name="length">Their number.</param>
    /// <param name="turning">Room for pixels on their way to standing upright.</param>
    /// <param name="options">How to decode.</param>
    /// <exception cref="ImageException">It is damaged, or of a variant that can't be decoded.</exception>
    public TiffImage(string name, byte* file, int length, PixelBuffer turning, DecodingOptions options)
    {
        (_name, _turning, _background) = (name, turning, options.Background);
        // The library takes its numbers for little-endian ones.
        if (length > 4 && file[0] == 'M' && file[3] == 43)
            throw new ImageException(name, ImageDecoder.UnknownVariant);
        _file = new UnmanagedMemoryStream(file, length);
        _tiff = Guard(() => Tiff.ClientOpen(name, "r", _file, new TiffStream())) ?? throw Damaged();
        try
        {
            _stored = new(Field(TiffTag.IMAGEWIDTH), Field(TiffTag.IMAGELENGTH));
            _isTiled = _tiff.IsTiled();
            var rows = Field(TiffTag.ROWSPERSTRIP);
            _block = _isTiled
                ? new(Field(TiffTag.TILEWIDTH), Field(TiffTag.TILELENGTH))
                : new(_stored.Width, rows < 1 ? _stored.Height : Math.Min(rows, _stored.Height));
            if (_stored.Width < 1 || _stored.Height < 1 || _block.Width < 1 || _block.Height < 1)
                throw Damaged();
            _samples = Guard(() => TiffSamples.Of(_tiff)) ?? throw new ImageException(name, ImageDecoder.UnknownVariant);
            _blockStride = Guard(() => _samples.BytesOf(_block.Width));
            // PIL turns them as it reads them, and so torchvision's loader does.
            _orientation = Orientation.FromExif(Field(TiffTag.ORIENTATION));
            Size = _orientation.Turn(_stored);
        }
        catch
        {
            _tiff.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Size Size { get; }

    /// <inheritdoc/>
    public override long DecodingBytes => (_orientation.IsUpright ? 1 : 2) * base.DecodingBytes + BlockBytes;

    /// <summary>Bytes of a strip or tile in one plane.</summary>
    private long BlockBytes => _blockStride * (long)_block.Height;

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        var pixels = _orientation.IsUpright ? target : _turning;
        var storedPart = _orientation.ToStored(part, _stored);
        Guard(() => DecodeStored(storedPart, pixels));
        if (_background is { } background && _samples.HasAlpha)
            Transparency.Compose(pixels, background);
        if (!_orientation.IsUpright)
            _orientation.Turn(_turning, target, _stored);
    }

    public override void Dispose() => _tiff.Dispose();

    private bool DecodeStored(Rectangle part, PixelBuffer target)
    {
        if (_samples.AreShared)
            return Convert(target);
        // A few bytes of file must not ask for gigabytes: tiles are hardly larger than the picture.
        if (BlockBytes > Math.Min(Array.MaxLength, 4 * base.DecodingBytes + (1 << 24)))
            throw Damaged();
        target.Reset(part);
        var planes = new byte[_samples.AreInJpegs ? 0 : _samples.Planes][];
        for (var plane = 0; plane < planes.Length; plane++)
            planes[plane] = new byte[BlockBytes];
        var row = new byte[_block.Width * _samples.Count];
        for (var top = part.Top / _block.Height * _block.Height; top < part.Bottom; top += _block.Height)
            for (var left = part.Left / _block.Width * _block.Width; left < part.Right; left += _block.Width)
            {
                var seen = Rectangle.Intersect(part, new(left, top, _block.Width, _block.Height));
                if (_samples.AreInJpegs)
                    DecodeJpeg(new(left, top), seen, target);
                else
                    DecodeSamples(new(left, top), seen, target, planes, row);
            }

        return true;
    }

    /// <summary>Decodes a strip or tile, of which a part is seen.</summary>
    private void DecodeSamples(Point block, Rectangle seen, PixelBuffer target, byte[][] planes, byte[] row)
    {
        var rows = _isTiled ? _block.Height : Math.Min(_block.Height, _stored.Height - block.Y);
        for (var plane = 0; plane < planes.Length; plane++)
        {
            var (number, bytes) = (NumberOf(block, plane), planes[plane]);
            var read = _isTiled
                ? _tiff.ReadEncodedTile(number, bytes, 0, bytes.Length)
                : _tiff.ReadEncodedStrip(number, bytes, 0, bytes.Length);
            if (read < _blockStride * (long)rows)
                throw Damaged();
        }

        for (var y = seen.Top; y < seen.Bottom; y++)
        {
            for (var plane = 0; plane < planes.Length; plane++)
                _samples.Narrow(planes[plane].AsSpan((y - block.Y) * _blockStride), row.AsSpan(plane), step: planes.Length);
            var first = (seen.Left - block.X) * _samples.Count;
            _samples.ToPixels(row.AsSpan(first), (uint*)target.At(seen.Left, y), seen.Width);
        }
    }

    /// <summary>
    /// Decodes a strip or tile that is a JPEG as any other JPEG: LibTiff.NET stretches its chroma in another way than PIL.
    /// </summary>
    private void DecodeJpeg(Point block, Rectangle seen, PixelBuffer target)
    {
        const int marker = 2;
        var number = NumberOf(block, plane: 0);
        // Tables that all blocks share stand in a JPEG of their own, without a picture.
        var tables = _tiff.GetField(TiffTag.JPEGTABLES) is [_, var shared, ..] ? shared.ToByteArray()[..^marker] : [0xFF, 0xD8];
        var length = (int)(_isTiled ? _tiff.RawTileSize(number) : _tiff.RawStripSize(number));
        if (length < marker || length > _file.Length)
            throw Damaged();
        var jpeg = new byte[tables.Length - marker + length];
        var at = tables.Length - marker;
        var read = _isTiled ? _tiff.ReadRawTile(number, jpeg, at, length) : _tiff.ReadRawStrip(number, jpeg, at, length);
        if (read != length)
            throw Damaged();
        tables.CopyTo(jpeg, 0);

        fixed (byte* start = jpeg)
        {
            using var codec = ImageDecoder.OpenCodec(_name, start, jpeg.Length);
            var format = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
            if (format.Width < seen.Right - block.X || format.Height < seen.Bottom - block.Y)
                throw Damaged();
            using var pixels = new PixelBuffer();
            pixels.Reset(new Size(format.Width, format.Height));
            if (codec.GetPixels(format, (nint)pixels.Data, (int)pixels.Stride, SKCodecOptions.Default) != SKCodecResult.Success)
                throw Damaged();
            for (var y = seen.Top; y < seen.Bottom; y++)
            {
                var row = new ReadOnlySpan<uint>(pixels.At(seen.Left - block.X, y - block.Y), seen.Width);
                row.CopyTo(new(target.At(seen.Left, y), seen.Width));
            }
        }
    }

    private int NumberOf(Point block, int plane) => _isTiled
        ? _tiff.ComputeTile(block.X, block.Y, 0, (short)plane)
        : _tiff.ComputeStrip(block.Y, (short)plane);

    /// <summary>Lets the library make red, green and blue of all pixels, as PIL does with what has no samples for each.</summary>
    private bool Convert(PixelBuffer target)
    {
        var raster = new int[checked(_stored.Width * _stored.Height)];
        _tiff.SetField(TiffTag.ORIENTATION, BitMiracle.LibTiff.Classic.Orientation.TOPLEFT);
        if (!_tiff.ReadRGBAImageOriented(
                _stored.Width, _stored.Height, raster, BitMiracle.LibTiff.Classic.Orientation.TOPLEFT, stopOnError: true))
            throw Damaged();
        target.Reset(_stored);
        for (var y = 0; y < _stored.Height; y++)
            raster.AsSpan(y * _stored.Width, _stored.Width).CopyTo(new(target.At(0, y), _stored.Width));
        return true;
    }

    private int Field(TiffTag tag) => _tiff.GetFieldDefaulted(tag) is [var value, ..] ? value.ToInt() : 0;

    private ImageException Damaged() => new(_name, "the file is truncated or damaged");

    /// <summary>On damaged files the library fails with whatever its arithmetic comes to.</summary>
    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is not (ImageException or OutOfMemoryException))
        {
            throw new ImageException(_name, "the file is truncated or damaged", error);
        }
    }

    /// <summary>Says nothing.</summary>
    private sealed class NoErrors : TiffErrorHandler
    {
        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args)
        {
            // What fails says so by its result.
        }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args)
        {
            // Unknown tags, mostly.
        }
    }
}
