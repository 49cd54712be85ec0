using SkiaSharp;

namespace TransferKit.Vision;

/// <summary>
/// The seam behind which the image library (SkiaSharp) lies. Reads JPEG, PNG, WebP, GIF (its first frame) and BMP, by content
/// and not by file name, to the same pixels as PIL's <c>Image.open(...).convert("RGB")</c>: colour profiles are ignored,
/// transparency is dropped. EXIF orientation is applied. Keeps its memory from picture to picture; not for use by several
/// threads at once.
/// </summary>
/// <param name="options">How to decode.</param>
internal sealed unsafe class ImageDecoder(ImageOptions options) : IDisposable
{
    private readonly NativeBuffer _file = new();
    private readonly PixelBuffer _stored = new();

    /// <summary>Decodes as PIL does.</summary>
    public ImageDecoder()
        : this(new ImageOptions())
    {
    }

    /// <summary>Reads a file and its header. The result is valid until the next call.</summary>
    /// <exception cref="ImageException">It can't be read, isn't a known format, or is too large.</exception>
    public EncodedImage Open(ImageSource source)
    {
        var bytes = source.Read(_file);
        if (bytes.IsEmpty)
            throw new ImageException(source.Name, "the file is empty");
        // The image library knows more formats, some of them by so little that damaged files would pass for them.
        if (FileStructure.FormatOf(bytes) == ImageFormat.Unknown)
            throw new ImageException(source.Name, "it is not a JPEG, PNG, WebP, GIF or BMP file");

        fixed (byte* start = bytes)
        {
            var codec = SKCodec.Create(new SKMemoryStream(SKData.Create((nint)start, bytes.Length)), out var result);
            if (codec is null)
                throw new ImageException(source.Name, Reason(result));

            try
            {
                var (width, height) = (codec.Info.Width, codec.Info.Height);
                if ((long)width * height > options.PixelLimit)
                {
                    throw new ImageException(
                        source.Name, $"{width} × {height} pixels are more than the limit of {options.PixelLimit:N0}");
                }

                return new EncodedImage(source.Name, codec, start, bytes.Length, _stored, options);
            }
            catch
            {
                codec.Dispose();
                throw;
            }
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _stored.Dispose();
    }

    /// <summary>What a result of the image library means for the file.</summary>
    internal static string Reason(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "the file is truncated",
        SKCodecResult.ErrorInInput => "the file is damaged",
        SKCodecResult.Unimplemented => "it uses a variant of its format that can't be decoded",
        _ => $"it can't be decoded ({result})",
    };
}
