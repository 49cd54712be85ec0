using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>Finds the native libraries that came with the program, wherever build, test or publish has put them.</summary>
internal static class NativeFiles
{
    /// <summary>The folders in which .NET looks for native libraries, those named by the host first.</summary>
    public static IReadOnlyList<string> Folders { get; } = FindFolders();

    /// <summary>The full path of a native library, or null if no folder has it.</summary>
    /// <param name="fileName">The file's name, such as <c>libtorch.so</c>.</param>
    public static string? Find(string fileName) =>
        Folders.Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(File.Exists);

    private static string[] FindFolders()
    {
        var named = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return
        [
            .. named.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            AppContext.BaseDirectory,
            Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"),
            // A distribution's own build of .NET names itself after the distribution.
            Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"),
        ];
    }
}
