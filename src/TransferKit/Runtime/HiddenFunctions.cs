using System.IO.MemoryMappedFiles;

namespace TransferKit;

/// <summary>Functions that libtorch keeps to itself, found by its file's table of symbols; on Linux alone.</summary>
internal static unsafe class HiddenFunctions
{
    /// <summary>Their addresses, by name, mangled where C++ does so; libtorch must be loaded.</summary>
    /// <param name="beginning">What their names begin with.</param>
    /// <returns>All such functions; none where the file has no such table.</returns>
    public static IReadOnlyDictionary<string, nint> Find(string beginning)
    {
        if (!OperatingSystem.IsLinux() || NativeFiles.Find("torch_cpu") is not { } file
            || LibtorchPackage.FindFunction(LibtorchPackage.VersionFunction) is not (var exported and not 0))
            return new Dictionary<string, nint>();
        var found = FindInFile(file, beginning);
        // Where the file was loaded, a function tells whose address is known in both ways.
        return found.Remove(LibtorchPackage.VersionFunction, out var known)
            ? found.ToDictionary(function => function.Key, function => exported + (nint)(function.Value - known))
            : new Dictionary<string, nint>();
    }

    private static Dictionary<string, ulong> FindInFile(string file, string beginning)
    {
        using var mapped = MemoryMappedFile.CreateFromFile(file, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        using var view = mapped.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            var bytes = new ReadOnlySpan<byte>(start, checked((int)new FileInfo(file).Length));
            return ElfSymbols.AddressesOf(bytes, LibtorchPackage.VersionFunction, beginning);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }
}
