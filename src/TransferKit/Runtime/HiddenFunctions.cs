using System.IO.MemoryMappedFiles;

namespace TransferKit;

/// <summary>Functions that libtorch keeps to itself, found by its file's table of symbols; on Linux alone.</summary>
internal static unsafe class HiddenFunctions
{
    /// <summary>Their addresses; libtorch must be loaded.</summary>
    /// <param name="beginning">What their names begin with.</param>
    /// <param name="names">Their names, mangled where C++ does so.</param>
    /// <returns>An address for each; null: one of them isn't there, or the file has no such table.</returns>
    public static nint[]? Find(string beginning, params string[] names)
    {
        if (!OperatingSystem.IsLinux() || NativeFiles.Find("torch_cpu") is not { } file
            || LibtorchPackage.FindFunction(LibtorchPackage.VersionFunction) is not (var exported and not 0))
            return null;
        // Where the file was loaded, a function tells whose address is known in both ways.
        var (known, found) = FindInFile(file, beginning, names);
        return known == 0 || found.Contains(0u) ? null : [.. found.Select(address => exported + (nint)(address - known))];
    }

    private static (ulong Known, ulong[] Found) FindInFile(string file, string beginning, string[] names)
    {
        using var mapped = MemoryMappedFile.CreateFromFile(file, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        using var view = mapped.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            var bytes = new ReadOnlySpan<byte>(start, checked((int)new FileInfo(file).Length));
            return (ElfSymbols.AddressesOf(bytes, LibtorchPackage.VersionFunction, [LibtorchPackage.VersionFunction])[0],
                ElfSymbols.AddressesOf(bytes, beginning, names));
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }
}
