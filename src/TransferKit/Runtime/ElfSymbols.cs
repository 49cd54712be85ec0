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
    /// <param name="beginning">What all their names begin with; the rarer it is, the quicker they are found.</param>
    /// <param name="names">The names.</param>
    /// <returns>An address for each; 0: it isn't there, or the file has no such table.</returns>
    public static ulong[] AddressesOf(ReadOnlySpan<byte> file, string beginning, IReadOnlyList<string> names)
    {
        var (sections, count) = (Offset(file, 0x28), BinaryPrimitives.ReadUInt16LittleEndian(file[0x3C..]));
        for (var i = 0; i < count; i++)
        {
            var section = file.Slice(sections + i * SectionSize, SectionSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == SymbolTable)
                return Find(ContentOf(file, section), PlacesOf(ContentOf(file, file.Slice(
                    sections + (int)BinaryPrimitives.ReadUInt32LittleEndian(section[40..]) * SectionSize, SectionSize)),
                    beginning, names));
        }
        return new ulong[names.Count];
    }

    // Where names are among all; 0: they aren't. There are tens of megabytes, too many to look at them name by name.
    private static uint[] PlacesOf(ReadOnlySpan<byte> texts, string beginning, IReadOnlyList<string> names)
    {
        var wanted = names.Select(name => Encoding.ASCII.GetBytes(name + '\0')).ToArray();
        var first = Encoding.ASCII.GetBytes('\0' + beginning);
        var places = new uint[names.Count];
        for (int at = 0, next; places.Contains(0u) && (next = texts[at..].IndexOf(first)) >= 0;)
        {
            at += next + 1;
            for (var i = 0; i < wanted.Length; i++)
                if (texts[at..].StartsWith(wanted[i]))
                    places[i] = (uint)at;
        }
        return places;
    }

    private static ulong[] Find(ReadOnlySpan<byte> symbols, ReadOnlySpan<uint> places)
    {
        var found = new ulong[places.Length];
        for (; symbols.Length >= SymbolSize; symbols = symbols[SymbolSize..])
            if (BinaryPrimitives.ReadUInt32LittleEndian(symbols) is not 0 and var place
                && places.IndexOf(place) is >= 0 and var i)
                found[i] = BinaryPrimitives.ReadUInt64LittleEndian(symbols[8..]);
        return found;
    }

    private static ReadOnlySpan<byte> ContentOf(ReadOnlySpan<byte> file, ReadOnlySpan<byte> section) =>
        file.Slice(Offset(section, 24), Offset(section, 32));

    private static int Offset(ReadOnlySpan<byte> bytes, int at) =>
        checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]));
}
