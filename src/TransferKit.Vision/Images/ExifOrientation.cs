using System.Buffers.Binary;

namespace TransferKit.Vision;

/// <summary>
/// Finds the orientation tag in a PNG's eXIf chunk (PNG 1.5 extensions, 2017), which the image library overlooks.
/// </summary>
internal static class ExifOrientation
{
    private const ushort OrientationTag = 0x0112;

    /// <summary>The tag's value in an EXIF block, or 1, upright, where there is none.</summary>
    public static int Find(ReadOnlySpan<byte> exif)
    {
        if (exif.Length < 8)
            return 1;
        var isLittleEndian = exif.StartsWith("II"u8);
        var directory = UInt32(exif, 4, isLittleEndian);
        // Compared without a sum, which would wrap around for offsets near the end of what 32 bits hold.
        if (directory > exif.Length - 2)
            return 1;

        const int entryLength = 12, valueOffset = 8;
        var entries = UInt16(exif, (int)directory, isLittleEndian);
        for (var i = 0; i < entries; i++)
        {
            var entry = (int)directory + 2 + i * entryLength;
            if (entry > exif.Length - entryLength)
                break;
            if (UInt16(exif, entry, isLittleEndian) == OrientationTag)
                return UInt16(exif, entry + valueOffset, isLittleEndian);
        }

        return 1;
    }

    private static ushort UInt16(ReadOnlySpan<byte> exif, int offset, bool isLittleEndian) => isLittleEndian
        ? BinaryPrimitives.ReadUInt16LittleEndian(exif[offset..])
        : BinaryPrimitives.ReadUInt16BigEndian(exif[offset..]);

    private static uint UInt32(ReadOnlySpan<byte> exif, int offset, bool isLittleEndian) => isLittleEndian
        ? BinaryPrimitives.ReadUInt32LittleEndian(exif[offset..])
        : BinaryPrimitives.ReadUInt32BigEndian(exif[offset..]);
}
