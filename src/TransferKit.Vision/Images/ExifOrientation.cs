namespace TransferKit.Vision;

/// <summary>
/// How a picture is to be turned, as EXIF (2.3, tag 0x0112) or XMP (tiff:Orientation) say; found wherever Pillow's
/// <c>ImageOps.exif_transpose</c> finds it.
/// </summary>
internal static class ExifOrientation
{
    private const int Upright = 1;
    private const ushort OrientationTag = 0x0112;

    /// <summary>The orientation, 1 to 8; 1, upright, where the file has none that makes sense.</summary>
    public static int Find(ReadOnlySpan<byte> file, ImageFormat format)
    {
        var metadata = format switch
        {
            ImageFormat.Jpeg => PictureMetadata.OfJpeg(file),
            ImageFormat.Png => PictureMetadata.OfPng(file),
            ImageFormat.WebP => PictureMetadata.OfWebP(file),
            _ => default,
        };
        return (FindInExif(metadata.Exif) ?? FindInXmp(metadata.Xmp)) is { } tag and >= 1 and <= 8 ? tag : Upright;
    }

    /// <summary>
    /// The tag's value in an EXIF block; null where there is no such tag, and 0 where its value is not a whole number.
    /// </summary>
    public static int? FindInExif(ReadOnlySpan<byte> exif)
    {
        // Some write the name of JPEG's segment where the block alone belongs.
        while (exif.StartsWith("Exif\0\0"u8))
            exif = exif[6..];
        if (exif.Length < 8 || !(exif.StartsWith("II"u8) || exif.StartsWith("MM"u8)))
            return null;
        var numbers = new TiffNumbers(exif);
        var directory = numbers.UInt32(4);
        // Compared without a sum, which would wrap around for offsets near the end of what 32 bits hold.
        if (directory > exif.Length - 2)
            return null;
        const int entryLength = 12;
        int? found = null;
        var entries = numbers.UInt16((int)directory);
        for (var i = 0; i < entries; i++)
        {
            var entry = (int)directory + 2 + i * entryLength;
            if (entry > exif.Length - entryLength)
                break;
            if (numbers.UInt16(entry) == OrientationTag)
                found = Value(numbers, entry) ?? found;
        }

        return found;
    }

    /// <summary>The first number that an XMP packet has for the orientation, as an attribute or as an element.</summary>
    public static int? FindInXmp(ReadOnlySpan<byte> xmp)
    {
        var name = "tiff:Orientation"u8;
        while (xmp.IndexOf(name) is >= 0 and var at)
        {
            xmp = xmp[(at + name.Length)..];
            var value = xmp switch
            {
                [(byte)'=', (byte)'"', var digit, ..] => digit,
                [(byte)'>', var digit, ..] => digit,
                _ => default,
            };
            if (char.IsAsciiDigit((char)value))
                return value - '0';
        }

        return null;
    }

    /// <summary>
    /// The first number of an entry, of whatever type; null where it lies outside of the block, 0 where it is no whole number.
    /// </summary>
    private static int? Value(TiffNumbers numbers, int entry)
    {
        const int valueAt = 8, inlineBytes = 4;
        var (type, count) = (numbers.UInt16(entry + 2), numbers.UInt32(entry + 4));
        if (TiffNumbers.SizeOf(type) is not (> 0 and var size) || count == 0)
            return 0;
        var offset = size * (long)count <= inlineBytes ? entry + valueAt : (long)numbers.UInt32(entry + valueAt);
        if (offset + size * (long)count > numbers.Length)
            return null;
        return numbers.Number(type, (int)offset) is var number && number % 1 == 0 && Math.Abs(number) < 10 ? (int)number : 0;
    }
}
