using System.Globalization;
using SkiaSharp;

namespace TransferKit.Vision;

/// <summary>
/// The seam behind which the image libraries (SkiaSharp, LibTiff.NET) lie. Reads all of <see cref="ImageFormat"/>, by content
/// and not by file name, to the same pixels as PIL's <c>Image.open(...).convert("RGB")</c>: color profiles are ignored,
/// transparency is dropped. EXIF orientation is applied. Keeps its memory from picture to picture; not for use by several
/// threads at once.
/// </summary>
/// <param name="options">How to decode.</param>
internal sealed unsafe class ImageDecoder(DecodingOptions options) : IDisposable
{
    /// <summary>What is said of a file that is sound and of a known format, as far as can be told.</summary>
    internal const string UnknownVariant = "it uses a variant of its format that can't be decoded; convert it to JPEG or PNG";

    private readonly NativeBuffer _file = new();
    private readonly PixelBuffer _stored = new();
    private readonly JpegDecoder _jpeg = new();
    private byte* _encoded;
    private int _encodedLength;

    /// <summary>Decodes as PIL does, but upright.</summary>
    public ImageDecoder()
        : this(new DecodingOptions())
    {
    }

    /// <summary>Bytes of memory that it keeps from picture to picture.</summary>
    public long HeldBytes => _file.HeldBytes + _stored.HeldBytes + _jpeg.HeldBytes;

    /// <summary>The format of the picture that was opened last.</summary>
    public ImageFormat Format { get; private set; }

    /// <summary>The encoded bytes of the picture that was opened last, valid until the next is.</summary>
    public ReadOnlySpan<byte> Encoded => new(_encoded, _encodedLength);

    /// <summary>Reads a file and its header. The result is valid until the next call.</summary>
    /// <exception cref="ImageException">It can't be read, isn't a known format, or is too large.</exception>
    public Picture Open(ImageSource source)
    {
        var file = source.Read(_file);
        var format = FormatOf(file, source.Name);
        // The memory is native: the address stays.
        fixed (byte* start = file)
        {
            (Format, _encodedLength) = (format, file.Length);
            _encoded = start;
            Picture picture = format switch
            {
                ImageFormat.Jpeg when JpegFrame.TryRead(file) is { } frame =>
                    new JpegImage(source.Name, frame, start, file.Length, _jpeg, _stored, options),
                ImageFormat.Gif => new GifImage(source.Name, start, file.Length, options),
                ImageFormat.Bmp => new BmpImage(source.Name, start, file.Length, options),
                ImageFormat.Tiff => new TiffImage(source.Name, start, file.Length, _stored, options),
                ImageFormat.Pnm => new PnmImage(source.Name, start, file.Length, options),
                ImageFormat.Tga => new TgaImage(source.Name, start, file.Length, options),
                ImageFormat.Qoi => new QoiImage(source.Name, start, file.Length, options),
                _ => new EncodedImage(
                    source.Name, OpenCodec(source.Name, start, file.Length), start, file.Length, format, _stored, options),
            };
            var (width, height) = (picture.Size.Width, picture.Size.Height);
            if ((long)width * height <= options.PixelLimit)
                return picture;
            picture.Dispose();
            throw new ImageException(source.Name, string.Create(
                CultureInfo.InvariantCulture,
                $"{width} × {height} pixels are more than the limit of {options.PixelLimit:N0}"));
        }
    }

    /// <summary>The format of a file's bytes.</summary>
    /// <exception cref="ImageException">It isn't one that can be decoded.</exception>
    private static ImageFormat FormatOf(ReadOnlySpan<byte> file, string name)
    {
        if (file.IsEmpty)
            throw new ImageException(name, "the file is empty");
        var format = FileFormat.Of(file);
        // The image library knows more formats, some of them by so little that damaged files would pass for them.
        // Most camera raw files pass for TIFF, of which the first picture is a thumbnail.
        if (format is ImageFormat.Unknown or ImageFormat.Tiff && UnreadableFormat.Describe(file, name) is { } description)
            throw new ImageException(name, description);
        if (format == ImageFormat.Unknown)
            throw new ImageException(name, $"it is not a {FileFormat.Names} file");
        if (format == ImageFormat.Jpeg && JpegStructure.UnreadableKind(file) is { } kind)
            throw new ImageException(name, $"it is {kind}, which can't be decoded; save it as a usual JPEG or as PNG");
        return format;
    }

    public void Dispose()
    {
        _file.Dispose();
        _stored.Dispose();
        _jpeg.Dispose();
    }

    internal static SKCodec OpenCodec(string name, byte* file, int length) =>
        SKCodec.Create(new SKMemoryStream(SKData.Create((nint)file, length)), out var result)
        ?? throw new ImageException(name, Reason(result));

    /// <summary>What a result of the image library means for the file.</summary>
    internal static string Reason(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "the file is truncated",
        SKCodecResult.ErrorInInput => "the file is damaged",
        SKCodecResult.Unimplemented => UnknownVariant,
        _ => $"it can't be decoded ({result})",
    };
}
