using System.Buffers.Binary;

namespace TransferKit;

/// <summary>
/// The table of all symbols of a 64-bit little-endian ELF file (System V ABI, chapter 4), with those that it keeps to itself.
/// </summary>
internal static class ElfSymbols
{
    private const uint SymbolTable = 2;
    private const int SectionSize = 64, SymbolSize = 24;

    /// <summary>Where a symbol is in the file's address space.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">Its name, between two bytes of zero.</param>
    /// <returns>The address; 0: it isn't there, or the file has no such table.</returns>
    public static ulong AddressOf(ReadOnlySpan<byte> file, ReadOnlySpan<byte> name)
    {
        var (sections, count) = (Offset(file, 0x28), BinaryPrimitives.ReadUInt16LittleEndian(file[0x3C..]));
        for (var i = 0; i < count; i++)
        {
            var section = file.Slice(sections + i * SectionSize, SectionSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == SymbolTable)
                return Find(ContentOf(file, section), ContentOf(file, file.Slice(
                    sections + (int)BinaryPrimitives.ReadUInt32LittleEndian(section[40..]) * SectionSize, SectionSize)), name);
        }
        return 0;
    }

    private static ulong Find(ReadOnlySpan<byte> symbols, ReadOnlySpan<byte> names, ReadOnlySpan<byte> name)
    {
        var place = names.IndexOf(name) + 1;
        for (var symbol = symbols; place > 0 && symbol.Length >= SymbolSize; symbol = symbol[SymbolSize..])
            if (BinaryPrimitives.ReadUInt32LittleEndian(symbol) == place)
                return BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]);
        return 0;
    }

    private static ReadOnlySpan<byte> ContentOf(ReadOnlySpan<byte> file, ReadOnlySpan<byte> section) =>
        file.Slice(Offset(section, 24), Offset(section, 32));

    private static int Offset(ReadOnlySpan<byte> bytes, int at) =>
        checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]));
}
