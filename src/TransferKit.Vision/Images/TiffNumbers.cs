using System.Buffers.Binary;

namespace TransferKit.Vision;

/// <summary>The numbers in a TIFF file or an EXIF block, in the byte order that its first letters tell.</summary>
internal readonly ref struct TiffNumbers(ReadOnlySpan<byte> block)
{
    private readonly ReadOnlySpan<byte> _block = block;
    private readonly bool _isLittleEndian = block.StartsWith("II"u8);

    public int Length => _block.Length;

    /// <summary>Bytes of a number of a type (TIFF 6.0, section 2); 0 where values of the type are no numbers.</summary>
    public static int SizeOf(ushort type) => type switch
    {
        6 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 or 16 => 8,
        _ => 0, // bytes, text, and what isn't defined
    };

    public ushort UInt16(int offset) => _isLittleEndian
        ? BinaryPrimitives.ReadUInt16LittleEndian(_block[offset..])
        : BinaryPrimitives.ReadUInt16BigEndian(_block[offset..]);

    public uint UInt32(int offset) => _isLittleEndian
        ? BinaryPrimitives.ReadUInt32LittleEndian(_block[offset..])
        : BinaryPrimitives.ReadUInt32BigEndian(_block[offset..]);

    /// <summary>A number of a type that <see cref="SizeOf"/> knows.</summary>
    public double Number(ushort type, int offset) => type switch
    {
        3 => UInt16(offset),
        4 or 13 => UInt32(offset),
        5 => UInt32(offset) / (double)UInt32(offset + 4),
        6 => (sbyte)_block[offset],
        8 => (short)UInt16(offset),
        9 => (int)UInt32(offset),
        10 => (int)UInt32(offset) / (double)(int)UInt32(offset + 4),
        11 => BitConverter.UInt32BitsToSingle(UInt32(offset)),
        12 => BitConverter.UInt64BitsToDouble(UInt64(offset)),
        _ => UInt64(offset),
    };

    private ulong UInt64(int offset) => _isLittleEndian
        ? BinaryPrimitives.ReadUInt64LittleEndian(_block[offset..])
        : BinaryPrimitives.ReadUInt64BigEndian(_block[offset..]);
}
