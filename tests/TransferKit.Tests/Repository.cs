namespace TransferKit.Tests;

/// <summary>The repository's files, found upwards from where the tests run.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>The full path of a file or folder, given from the repository's root.</summary>
    public static string Path(string relative) => System.IO.Path.Join(Root, relative);

    private static string FindRoot(DirectoryInfo folder) =>
        File.Exists(System.IO.Path.Join(folder.FullName, "TransferKit.sln")) ? folder.FullName : FindRoot(folder.Parent!);
}
