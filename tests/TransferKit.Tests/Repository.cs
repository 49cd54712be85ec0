namespace TransferKit.Tests;

/// <summary>The repository's files, found upwards from where the tests run.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>The full path of a file or folder, given from the repository's root.</summary>
    public static string Path(string relative) => System.IO.Path.Join(Root, relative);

    /// <summary>
    /// The full path of what lies in the folder shared beside the repository, or where TRANSFERKIT_SHARED says: real photos and
    /// weights, not part of the repository; null where absent.
    /// </summary>
    public static string? Shared(string relative)
    {
        var folder = Environment.GetEnvironmentVariable("TRANSFERKIT_SHARED") ?? System.IO.Path.Join(Root, "..", "shared");
        var path = System.IO.Path.GetFullPath(System.IO.Path.Join(folder, relative));
        return System.IO.Path.Exists(path) ? path : null;
    }

    private static string FindRoot(DirectoryInfo folder) =>
        File.Exists(System.IO.Path.Join(folder.FullName, "TransferKit.sln")) ? folder.FullName : FindRoot(folder.Parent!);
}
