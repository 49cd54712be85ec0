namespace TransferKit.Vision;

/// <summary>Says which files of a folder are no pictures that can be read.</summary>
internal static class IgnoredFiles
{
    /// <summary>How many files there are of each extension, what they are, and one of them, most frequent first.</summary>
    public static string Describe(IReadOnlyList<string> paths) => string.Join(", ", paths
        .GroupBy(path => Path.GetExtension(path).ToLowerInvariant())
        .OrderByDescending(files => files.Count()).ThenBy(files => files.Key, StringComparer.Ordinal)
        .Select(files => $"{files.Count()} {Describe(files.Key)} ({files.First()})"));

    private static string Describe(string extension) => extension.Length == 0 ? "without extension"
        : UnreadableFormat.NameOfExtension(extension) is { } name ? $"{extension}, {name}," : extension;
}
