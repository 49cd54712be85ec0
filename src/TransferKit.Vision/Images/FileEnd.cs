using System.Buffers.Binary;
using SkiaSharp;

namespace TransferKit.Vision;

/// <summary>
/// Finds out whether an encoded picture is all there, from its structure: decoders fill what is missing with grey and call it
/// a success, above all for progressive JPEG.
/// </summary>
internal static class FileEnd
{
    /// <summary>Whether the file reaches the end that its format prescribes. Bytes after it are of no interest.</summary>
    public static bool IsReached(ReadOnlySpan<byte> file, SKEncodedImageFormat format) => format switch
    {
        SKEncodedImageFormat.Jpeg => JpegEnds(file),
        SKEncodedImageFormat.Png => PngEnds(file),
        SKEncodedImageFormat.Webp => WebPEnds(file),
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

    /// <summary>Walks over the chunks to IEND.</summary>
    private static bool PngEnds(ReadOnlySpan<byte> file)
    {
        const int signature = 8, chunkOverhead = 12;
        var rest = file[Math.Min(signature, file.Length)..];
        while (rest.Length >= chunkOverhead)
        {
            if (rest.Slice(4, 4).SequenceEqual("IEND"u8))
                return true;
            var length = chunkOverhead + (long)BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length)
                return false;
            rest = rest[(int)length..];
        }

        return false;
    }

    /// <summary>Compares the RIFF container's size with the file's.</summary>
    private static bool WebPEnds(ReadOnlySpan<byte> file) =>
        file.Length >= 12 && 8L + BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) <= file.Length;
}
