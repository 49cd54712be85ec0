using System.Runtime.CompilerServices;

namespace TransferKit.Vision.Tests.Docs;

/// <summary>The files that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The full path of a file or folder, given from the repository's root.</summary>
    public static string Path(string relative) =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(ThisFile())!, "..", "..", "..", relative));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
