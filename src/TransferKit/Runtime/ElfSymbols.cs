using System.Buffers.Binary;
using System.Text;

namespace TransferKit;

/// <summary>
/// The table of all symbols of a 64-bit little-endian ELF file (System V ABI, chapter 4), with those that it keeps to itself.
/// </summary>
internal static class ElfSymbols
{
    private const uint SymbolTable = 2;
    private const int SectionSize = 64, SymbolSize = 24;

    /// <summary>Where symbols are in the file's address space.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="beginnings">What their names begin with.</param>
    /// <returns>All symbols with such names, and their addresses; none where the file has no such table.</returns>
    public static Dictionary<string, ulong> AddressesOf(ReadOnlySpan<byte> file, params IEnumerable<string> beginnings)
    {
        var (sections, count) = (Offset(file, 0x28), BinaryPrimitives.ReadUInt16LittleEndian(file[0x3C..]));
        for (var i = 0; i < count; i++)
        {
            var section = file.Slice(sections + i * SectionSize, SectionSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == SymbolTable)
            {
                var texts = file.Slice(
                    sections + (int)BinaryPrimitives.ReadUInt32LittleEndian(section[40..]) * SectionSize, SectionSize);
                return Find(ContentOf(file, section), NamesOf(ContentOf(file, texts), beginnings));
            }
        }
        return [];
    }

    // The names by where they are among all. There are tens of megabytes, too many to look at them name by name.
    private static Dictionary<uint, string> NamesOf(ReadOnlySpan<byte> texts, IEnumerable<string> beginnings)
    {
        var names = new Dictionary<uint, string>();
        foreach (var beginning in beginnings)
        {
            var first = Encoding.ASCII.GetBytes('\0' + beginning);
            for (int at = 0, next; (next = texts[at..].IndexOf(first)) >= 0;)
            {
                at += next + 1;
                var name = texts[at..];
                names[(uint)at] = Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]);
            }
        }
        return names;
    }

    private static Dictionary<string, ulong> Find(ReadOnlySpan<byte> symbols, Dictionary<uint, string> names)
    {
        var found = new Dictionary<string, ulong>();
        for (; symbols.Length >= SymbolSize; symbols = symbols[SymbolSize..])
            if (names.TryGetValue(BinaryPrimitives.ReadUInt32LittleEndian(symbols), out var name))
                found[name] = BinaryPrimitives.ReadUInt64LittleEndian(symbols[8..]);
        return found;
    }

    private static ReadOnlySpan<byte> ContentOf(ReadOnlySpan<byte> file, ReadOnlySpan<byte> section) =>
        file.Slice(Offset(section, 24), Offset(section, 32));

    private static int Offset(ReadOnlySpan<byte> bytes, int at) =>
        checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]));
}
