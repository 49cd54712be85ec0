using System.IO.Compression;
using System.Text;

namespace TransferKit.Vision;

/// <summary>The blocks of a file that describe its picture; empty where it has none.</summary>
/// <param name="exif">EXIF, a small TIFF file.</param>
/// <param name="xmp">XMP, a text in XML.</param>
internal readonly ref struct PictureMetadata(ReadOnlySpan<byte> exif, ReadOnlySpan<byte> xmp)
{
    // Pillow's limit for texts in a PNG: more would be a bomb.
    private const int TextLimit = 1 << 20;

    public ReadOnlySpan<byte> Exif { get; } = exif;

    public ReadOnlySpan<byte> Xmp { get; } = xmp;

    /// <summary>From JPEG's application segments.</summary>
    public static PictureMetadata OfJpeg(ReadOnlySpan<byte> file)
    {
        var exifName = "Exif\0\0"u8;
        var xmpName = "http://ns.adobe.com/xap/1.0/\0"u8;
        ReadOnlySpan<byte> exif = default, xmp = default;
        var segments = new JpegSegments(file);
        while (segments.MoveNext() && segments.Marker != JpegSegments.StartOfScan)
        {
            if (segments.Marker != JpegSegments.Application1)
                continue;
            if (exif.IsEmpty && segments.Content.StartsWith(exifName))
                exif = segments.Content;
            else if (segments.Content.StartsWith(xmpName))
                xmp = segments.Content[xmpName.Length..];
        }

        return new(exif, xmp);
    }

    /// <summary>From the chunks of a WebP.</summary>
    public static PictureMetadata OfWebP(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> exif = default, xmp = default;
        var chunks = new WebPChunks(file);
        while (chunks.MoveNext())
        {
            if (chunks.Type.SequenceEqual("EXIF"u8))
                exif = chunks.Content;
            else if (chunks.Type.SequenceEqual("XMP "u8))
                xmp = chunks.Content;
        }

        return new(exif, xmp);
    }

    /// <summary>
    /// From a PNG's eXIf chunk (PNG 1.5 extensions, 2017), before or behind the pixels; or else from the text in which
    /// ImageMagick and others kept EXIF before there was that chunk. XMP is a text as well.
    /// </summary>
    public static PictureMetadata OfPng(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> exif = default, profile = default, xmp = default;
        var chunks = new PngChunks(file);
        while (chunks.MoveNext())
        {
            if (chunks.Type.SequenceEqual("eXIf"u8))
                exif = chunks.Content;
            else if (TextNamed("Raw profile type exif"u8, chunks) is { IsEmpty: false } text)
                profile = text;
            else if (TextNamed("XML:com.adobe.xmp"u8, chunks) is { IsEmpty: false } packet)
                xmp = packet;
        }

        return new(exif.IsEmpty ? FromHexadecimal(profile) : exif, xmp);
    }

    /// <summary>The text of a chunk if it is one of text with a name, unpacked; else empty.</summary>
    private static ReadOnlySpan<byte> TextNamed(ReadOnlySpan<byte> name, PngChunks chunk)
    {
        if (!chunk.Content.StartsWith(name) || chunk.Content.Length <= name.Length || chunk.Content[name.Length] != 0)
            return default;
        var text = chunk.Content[(name.Length + 1)..];
        if (chunk.Type.SequenceEqual("tEXt"u8))
            return text;
        if (chunk.Type.SequenceEqual("zTXt"u8))
            return text is [0, .. var packed] ? Inflate(packed) : default;
        if (!chunk.Type.SequenceEqual("iTXt"u8) || text.Length < 2)
            return default;
        // Whether it is packed, how, then the language and the name in that language, each up to a zero.
        var isPacked = text[0] != 0;
        text = text[2..];
        for (var i = 0; i < 2; i++)
            text = text.IndexOf((byte)0) is >= 0 and var end ? text[(end + 1)..] : default;
        return isPacked ? Inflate(text) : text;
    }

    private static byte[] Inflate(ReadOnlySpan<byte> packed)
    {
        try
        {
            using var unpacking = new ZLibStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
            var text = new byte[TextLimit];
            return text[..unpacking.ReadAtLeast(text, TextLimit, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    /// <summary>An empty line, the profile's name, its length, then its bytes as pairs of digits.</summary>
    private static byte[] FromHexadecimal(ReadOnlySpan<byte> profile)
    {
        for (var line = 0; line < 3; line++)
            profile = profile.IndexOf((byte)'\n') is >= 0 and var end ? profile[(end + 1)..] : default;
        var digits = new string([.. Encoding.Latin1.GetString(profile).Where(letter => !char.IsWhiteSpace(letter))]);
        try
        {
            return Convert.FromHexString(digits);
        }
        catch (FormatException)
        {
            return [];
        }
    }
}
