using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>
/// Finds the native libraries that came with the program, wherever build, test or publish has put them, and those of
/// <see cref="ExternalLibtorch"/>.
/// </summary>
internal static class NativeFiles
{
    private static readonly string[] Own = FindFolders();

    /// <summary>The folders in which .NET looks for native libraries, those named by the host first; then libtorch's.</summary>
    public static IReadOnlyList<string> Folders => ExternalLibtorch.Folder is { } outside ? [.. Own, outside] : Own;

    /// <summary>The full path of a native library, or null if no folder has it.</summary>
    /// <param name="library">The library's name without prefix and extension, such as <c>torch</c>.</param>
    public static string? Find(string library) => FindIn(Folders, library);

    /// <summary>As <see cref="Find"/>, among the program's own.</summary>
    public static string? FindOwn(string library) => FindIn(Own, library);

    /// <summary>The file name of a native library, such as <c>libtorch.so</c>.</summary>
    public static string NameOf(string library) => OperatingSystem.IsWindows() ? $"{library}.dll"
        : OperatingSystem.IsMacOS() ? $"lib{library}.dylib"
        : $"lib{library}.so";

    /// <summary>What the system's loader said, without .NET's advice around it, as one line.</summary>
    public static string Reason(Exception loading) =>
        loading.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)[^1];

    private static string? FindIn(IEnumerable<string> folders, string library) =>
        folders.Select(folder => Path.Join(folder, NameOf(library))).FirstOrDefault(File.Exists);

    private static string[] FindFolders()
    {
        var named = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return
        [
            .. named.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            AppContext.BaseDirectory,
            Path.Join(AppContext.BaseDirectory, "runtimes", PortableIdentifier, "native"),
        ];
    }

    // RuntimeInformation.RuntimeIdentifier may name the distribution; packages never do.
    private static string PortableIdentifier =>
        (OperatingSystem.IsWindows() ? "win-" : OperatingSystem.IsMacOS() ? "osx-" : "linux-")
        + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
}
