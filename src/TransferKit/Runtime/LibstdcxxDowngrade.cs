using System.Runtime.CompilerServices;

namespace TransferKit;

/// <summary>
/// Makes a library that was built with GCC 13 load beside the libstdc++ of GCC 12.
/// It imports one symbol of GLIBCXX_3.4.32, <c>std::ios_base_library_init()</c>, which the compiler emits for each file that
/// includes &lt;iostream&gt; and whose only effect is to keep an older libstdc++ from being used. The import is
/// bound to <c>std::get_new_handler()</c> instead: it takes nothing, does nothing, and is in GLIBCXX_3.4.20.
/// </summary>
internal static class LibstdcxxDowngrade
{
    private static ReadOnlySpan<byte> NewSymbol => "_ZSt21ios_base_library_initv\0"u8;
    private static ReadOnlySpan<byte> StandIn => "_ZSt15get_new_handlerv\0"u8;

    /// <summary>Edits the library in place. False, and nothing changed, if it does not need GLIBCXX_3.4.32.</summary>
    /// <param name="library">The bytes of an ELF shared library.</param>
    /// <exception cref="InvalidDataException">The library needs it in another way than the one known here.</exception>
    public static bool Apply(byte[] library)
    {
        var elf = new ElfFile(library);
        ref var newVersion = ref elf.FindNeededVersion("GLIBCXX_3.4.32\0"u8);
        if (Unsafe.IsNullRef(ref newVersion))
            return false;
        ref var oldVersion = ref elf.FindNeededVersion("GLIBCXX_3.4.30\0"u8);
        ref var standInVersion = ref elf.FindNeededVersion("GLIBCXX_3.4.20\0"u8);
        if (Unsafe.IsNullRef(ref oldVersion) || Unsafe.IsNullRef(ref standInVersion))
            throw new InvalidDataException("it does not need GLIBCXX_3.4.30 and GLIBCXX_3.4.20, as was expected");
        var symbol = FindOnlySymbolOf(elf, newVersion.Index);
        var name = elf.SymbolAt(symbol).Name;
        RequireUnshared(elf, name);

        StandIn.CopyTo(elf.NameAt(name));
        elf.VersionIndexAt(symbol) = standInVersion.Index;
        newVersion.Hash = oldVersion.Hash;
        newVersion.Name = oldVersion.Name;
        return true;
    }

    private static int FindOnlySymbolOf(ElfFile elf, ushort version)
    {
        var found = Enumerable.Range(0, elf.SymbolCount).Where(i => elf.VersionIndexAt(i) == version).ToArray();
        if (found.Length != 1 || elf.SymbolAt(found[0]).Section != 0 || !elf.NameIs(elf.SymbolAt(found[0]).Name, NewSymbol))
            throw new InvalidDataException("it imports other symbols of GLIBCXX_3.4.32 than the one that was expected");
        return found[0];
    }

    /// <summary>
    /// Linkers let a name that is the tail of a longer one share its bytes; then overwriting one would change two.
    /// </summary>
    private static void RequireUnshared(ElfFile elf, uint name)
    {
        var sharing = Enumerable.Range(0, elf.SymbolCount)
            .Count(i => elf.SymbolAt(i).Name >= name && elf.SymbolAt(i).Name < name + NewSymbol.Length);
        if (sharing != 1)
            throw new InvalidDataException("other symbols share the name that was to be overwritten");
    }
}
