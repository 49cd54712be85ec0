namespace TransferKit.Vision;

/// <summary>Says which files of a folder are no pictures that can be read.</summary>
internal static class IgnoredFiles
{
    private const int ExtensionsShown = 10;

    /// <summary>That files were ignored, why, and <see cref="Describe(IReadOnlyList{string})">which</see>.</summary>
    public static string Report(IReadOnlyList<string> paths) =>
        $"Ignored, as they are no pictures that can be read: {Describe(paths)}";

    /// <summary>How many files there are of each extension, what they are, and one of them, most frequent first.</summary>
    public static string Describe(IReadOnlyList<string> paths)
    {
        var byExtension = paths.GroupBy(path => Path.GetExtension(path).ToLowerInvariant())
            .OrderByDescending(files => files.Count()).ThenBy(files => files.Key, StringComparer.Ordinal)
            .Select(files => Describe(files.Key, files.Count(), files.First())).ToArray();
        var others = byExtension.Length - ExtensionsShown;
        return string.Join(", ", byExtension.Take(ExtensionsShown)) + (others > 0 ? $", and of {others} other extensions" : "");
    }

    private static string Describe(string extension, int count, string example)
    {
        var kind = UnreadableFormat.NameOfExtension(extension) is { } name ? $"{name}, " : "";
        return $"{count} {(extension.Length == 0 ? "without extension" : extension)} ({kind}such as '{example}')";
    }
}
