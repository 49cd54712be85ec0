using System.Buffers.Binary;

namespace TransferKit.Vision;

/// <summary>
/// What the structure of a file says without decoding it: its format, and whether it is all there. Decoders fill what is
/// missing with grey and call it a success, above all for progressive JPEG.
/// </summary>
internal static class FileStructure
{
    /// <summary>The format that the first bytes tell.</summary>
    public static ImageFormat FormatOf(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith<byte>([0xFF, 0xD8, 0xFF]))
            return ImageFormat.Jpeg;
        if (file.StartsWith<byte>([0x89, .. "PNG\r\n\x1A\n"u8]))
            return ImageFormat.Png;
        if (file.StartsWith("RIFF"u8) && file.Length >= 12 && file[8..].StartsWith("WEBP"u8))
            return ImageFormat.WebP;
        if (file.StartsWith("GIF8"u8))
            return ImageFormat.Gif;
        return file.StartsWith("BM"u8) ? ImageFormat.Bmp : ImageFormat.Unknown;
    }

    /// <summary>The format that a file name's extension, with its dot, tells.</summary>
    public static ImageFormat FormatOfExtension(ReadOnlySpan<char> extension)
    {
        // Asked for each of a million files: nothing is allocated.
        const int longest = 5;
        if (extension.Length > longest)
            return ImageFormat.Unknown;
        Span<char> upper = stackalloc char[longest];
        return upper[..extension.ToUpperInvariant(upper)] switch
        {
            ".JPG" or ".JPEG" or ".JPE" or ".JFIF" => ImageFormat.Jpeg,
            ".PNG" => ImageFormat.Png,
            ".WEBP" => ImageFormat.WebP,
            ".GIF" => ImageFormat.Gif,
            ".BMP" => ImageFormat.Bmp,
            _ => ImageFormat.Unknown,
        };
    }

    /// <summary>Whether the file reaches the end that its format prescribes. Bytes after it are of no interest.</summary>
    public static bool IsComplete(ReadOnlySpan<byte> file) => FormatOf(file) switch
    {
        ImageFormat.Jpeg => JpegEnds(file),
        ImageFormat.Png => PngEnds(file),
        ImageFormat.WebP => WebPEnds(file),
        _ => true, // the decoder itself notices
    };

    /// <summary>Walks over the segments and the entropy-coded data between them (ITU T.81, annex B) to the EOI marker.</summary>
    private static bool JpegEnds(ReadOnlySpan<byte> file)
    {
        const byte endOfImage = 0xD9, firstRestart = 0xD0, startOfImage = 0xD8, temporary = 0x01;
        var rest = file;
        while (rest.IndexOf((byte)0xFF) is >= 0 and var prefix)
        {
            rest = rest[(prefix + 1)..].TrimStart((byte)0xFF);
            if (rest.IsEmpty)
                return false;

            var marker = rest[0];
            rest = rest[1..];
            if (marker == endOfImage)
                return true;
            if (marker is 0 or temporary or >= firstRestart and <= startOfImage)
                continue; // stuffed byte, or a marker that stands alone

            if (rest.Length < 2)
                return false;
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (length > rest.Length)
                return false;
            rest = rest[length..];
        }

        return false;
    }

    /// <summary>Whether the chunks go on to IEND.</summary>
    private static bool PngEnds(ReadOnlySpan<byte> file) => TryFindPngChunk(file, "IEND"u8, out _);

    /// <summary>Finds a PNG's first chunk of a type.</summary>
    public static bool TryFindPngChunk(ReadOnlySpan<byte> file, ReadOnlySpan<byte> type, out ReadOnlySpan<byte> content)
    {
        const int signature = 8, header = 8, checksum = 4;
        content = default;
        var rest = file[Math.Min(signature, file.Length)..];
        while (rest.Length >= header + checksum)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - header - checksum)
                return false;
            if (rest.Slice(4, 4).SequenceEqual(type))
            {
                content = rest.Slice(header, (int)length);
                return true;
            }

            rest = rest[(header + (int)length + checksum)..];
        }

        return false;
    }

    /// <summary>Compares the RIFF container's size with the file's.</summary>
    private static bool WebPEnds(ReadOnlySpan<byte> file) =>
        file.Length >= 12 && 8L + BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) <= file.Length;
}
