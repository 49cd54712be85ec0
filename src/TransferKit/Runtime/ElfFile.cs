using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>
/// A 64-bit little-endian ELF file in memory: just the tables that bind its imported symbols to versions of other libraries
/// (System V ABI, chapter 4, and Drepper, "ELF Symbol Versioning", 2003). Records are handed out by reference, so that
/// writing to one edits the file. Every access is bounds-checked.
/// </summary>
internal sealed class ElfFile
{
    private const uint Magic = 0x464C457F; // "\x7fELF"
    private const byte Class64 = 2, LittleEndian = 1;
    private const uint DynamicSymbols = 11, VersionNeeds = 0x6FFFFFFE, VersionIndices = 0x6FFFFFFF;

    private readonly byte[] _bytes;
    private readonly Section _symbols, _strings, _needs, _indices;

    /// <param name="bytes">The whole file; edits go here.</param>
    /// <exception cref="InvalidDataException">Not such a file, or a table is missing or reaches beyond its end.</exception>
    public ElfFile(byte[] bytes)
    {
        _bytes = bytes;
        ref var header = ref At<Header>(0);
        if (header.Magic != Magic || header.Class != Class64 || header.Data != LittleEndian)
            throw new InvalidDataException("it is not a 64-bit little-endian ELF file");
        if (header.SectionEntrySize != Unsafe.SizeOf<Section>())
            throw new InvalidDataException("its section table has entries of an unknown size");
        var sections = new Section[header.SectionCount];
        for (var i = 0; i < sections.Length; i++)
            sections[i] = At<Section>(header.SectionOffset + (ulong)(i * Unsafe.SizeOf<Section>()));
        _symbols = Find(sections, DynamicSymbols);
        _needs = Find(sections, VersionNeeds);
        _indices = Find(sections, VersionIndices);
        _strings = _symbols.Link < sections.Length
            ? sections[_symbols.Link]
            : throw new InvalidDataException("its dynamic symbols have no names");
    }

    /// <summary>The number of dynamic symbols, imported and exported.</summary>
    public int SymbolCount => (int)Math.Min(_symbols.Size / (ulong)Unsafe.SizeOf<Symbol>(), int.MaxValue);

    /// <summary>The dynamic symbol at a position in <c>[0, SymbolCount)</c>.</summary>
    public ref Symbol SymbolAt(int index) => ref At<Symbol>(_symbols.Offset + (ulong)index * (ulong)Unsafe.SizeOf<Symbol>());

    /// <summary>The index of the version to which a dynamic symbol is bound; see <see cref="NeededVersion.Index"/>.</summary>
    public ref ushort VersionIndexAt(int symbol) => ref At<ushort>(_indices.Offset + (ulong)symbol * sizeof(ushort));

    /// <summary>The bytes of a name and all that follows it in the table of names.</summary>
    public Span<byte> NameAt(uint offset)
    {
        if (offset >= _strings.Size || _strings.Offset > (ulong)_bytes.Length
            || _strings.Size > (ulong)_bytes.Length - _strings.Offset)
            throw new InvalidDataException("a name lies outside its table of names");
        return _bytes.AsSpan((int)(_strings.Offset + offset), (int)(_strings.Size - offset));
    }

    /// <summary>Whether the name at an offset is exactly this one, given with its terminating zero byte.</summary>
    public bool NameIs(uint offset, ReadOnlySpan<byte> zeroTerminated) => NameAt(offset).StartsWith(zeroTerminated);

    /// <summary>The needed version of another library with the given name, or a null reference if there is none.</summary>
    /// <param name="zeroTerminated">The version's name with its terminating zero byte.</param>
    public ref NeededVersion FindNeededVersion(ReadOnlySpan<byte> zeroTerminated)
    {
        var offset = _needs.Offset;
        while (true)
        {
            ref var library = ref At<NeededLibrary>(offset);
            var at = offset + library.VersionsOffset;
            for (var i = 0; i < library.VersionCount; i++)
            {
                ref var version = ref At<NeededVersion>(at);
                if (NameIs(version.Name, zeroTerminated))
                    return ref version;
                at += version.NextOffset;
            }

            if (library.NextOffset == 0)
                return ref Unsafe.NullRef<NeededVersion>();
            offset += library.NextOffset;
        }
    }

    private static Section Find(Section[] sections, uint type)
    {
        var index = Array.FindIndex(sections, section => section.Type == type);
        return index >= 0 ? sections[index] : throw new InvalidDataException($"it has no section of type 0x{type:X}");
    }

    private ref T At<T>(ulong offset)
        where T : unmanaged
    {
        if (offset > (ulong)_bytes.Length || (ulong)_bytes.Length - offset < (ulong)Unsafe.SizeOf<T>())
            throw new InvalidDataException($"it ends before offset 0x{offset:X}");
        return ref Unsafe.As<byte, T>(ref _bytes[(int)offset]);
    }

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct Header
    {
        [FieldOffset(0)] public uint Magic;
        [FieldOffset(4)] public byte Class;
        [FieldOffset(5)] public byte Data;
        [FieldOffset(0x28)] public ulong SectionOffset;
        [FieldOffset(0x3A)] public ushort SectionEntrySize;
        [FieldOffset(0x3C)] public ushort SectionCount;
    }

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct Section
    {
        [FieldOffset(4)] public uint Type;
        [FieldOffset(24)] public ulong Offset;
        [FieldOffset(32)] public ulong Size;
        [FieldOffset(40)] public uint Link;
    }

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    private struct NeededLibrary
    {
        [FieldOffset(2)] public ushort VersionCount;
        [FieldOffset(8)] public uint VersionsOffset;
        [FieldOffset(12)] public uint NextOffset;
    }

    /// <summary>A dynamic symbol; <see cref="Section"/> is zero where another library defines it.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    public struct Symbol
    {
        [FieldOffset(0)] public uint Name;
        [FieldOffset(6)] public ushort Section;
    }

    /// <summary>A version that another library must offer.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    public struct NeededVersion
    {
        [FieldOffset(0)] public uint Hash;

        /// <summary>The number by which this file's symbols refer to the version.</summary>
        [FieldOffset(6)] public ushort Index;

        [FieldOffset(8)] public uint Name;
        [FieldOffset(12)] public uint NextOffset;
    }
}
