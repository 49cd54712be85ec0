using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace TransferKit;

/// <summary>The checksum of zip files (ISO 3309, polynomial 0x04C11DB7, reflected).</summary>
/// <remarks>
/// With carry-less multiplication where the processor has it (Gopal et al., "Fast CRC Computation for Generic
/// Polynomials Using PCLMULQDQ Instruction", Intel 2009), else eight bytes a step by tables (Kounavis and Berry 2005).
/// </remarks>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private static readonly uint[][] Tables = MakeTables();

    /// <summary>Goes on with a checksum, which is 0 at the start.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        if (Pclmulqdq.IsSupported && bytes.Length >= 128)
        {
            var blocks = bytes.Length & ~15;
            crc = Fold(crc, MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes[..blocks]));
            bytes = bytes[blocks..];
        }

        while (bytes.Length >= 8)
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = Tables[7][low & 255] ^ Tables[6][(low >> 8) & 255] ^ Tables[5][(low >> 16) & 255] ^ Tables[4][low >> 24]
                ^ Tables[3][high & 255] ^ Tables[2][(high >> 8) & 255] ^ Tables[1][(high >> 16) & 255] ^ Tables[0][high >> 24];
            bytes = bytes[8..];
        }

        foreach (var value in bytes)
            crc = Tables[0][(crc ^ value) & 255] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>The checksum of lines of text, in UTF-8.</summary>
    public static uint OfLines(IEnumerable<string> lines) =>
        lines.Aggregate(0u, (sum, line) => Append(sum, Encoding.UTF8.GetBytes($"{line}\n")));

    /// <summary>Folds four lanes of 16 bytes into one, then lets the tables reduce the 16 bytes that are left.</summary>
    private static uint Fold(uint crc, ReadOnlySpan<Vector128<ulong>> blocks)
    {
        // x^(512+32), x^(512-32), x^(128+32), x^(128-32) modulo the polynomial, bit-reflected and shifted by one.
        var by64Bytes = Vector128.Create(0x154442BD4UL, 0x1C6E41596UL);
        var by16Bytes = Vector128.Create(0x1751997D0UL, 0x0CCAA009EUL);

        var a = blocks[0] ^ Vector128.CreateScalar((ulong)crc);
        var b = blocks[1];
        var c = blocks[2];
        var d = blocks[3];
        blocks = blocks[4..];
        while (blocks.Length >= 4)
        {
            a = Shift(a, by64Bytes) ^ blocks[0];
            b = Shift(b, by64Bytes) ^ blocks[1];
            c = Shift(c, by64Bytes) ^ blocks[2];
            d = Shift(d, by64Bytes) ^ blocks[3];
            blocks = blocks[4..];
        }

        b ^= Shift(a, by16Bytes);
        c ^= Shift(b, by16Bytes);
        d ^= Shift(c, by16Bytes);
        foreach (var block in blocks)
            d = Shift(d, by16Bytes) ^ block;
        Span<byte> rest = stackalloc byte[16];
        MemoryMarshal.Cast<byte, Vector128<ulong>>(rest)[0] = d;

        // The lanes already hold the checksum so far, so the tables start from zero (which Append negates).
        return ~Append(uint.MaxValue, rest);
    }

    private static Vector128<ulong> Shift(Vector128<ulong> lane, Vector128<ulong> distance) =>
        Pclmulqdq.CarrylessMultiply(lane, distance, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, distance, 0x11);

    private static uint[][] MakeTables()
    {
        var tables = new uint[8][];
        for (var k = 0; k < 8; k++)
        {
            tables[k] = new uint[256];
            for (uint value = 0; value < 256; value++)
            {
                var crc = k == 0 ? value : tables[k - 1][value];
                for (var bit = 0; bit < 8; bit++)
                    crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
                tables[k][value] = crc;
            }
        }

        return tables;
    }
}
