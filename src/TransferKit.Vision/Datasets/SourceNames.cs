namespace TransferKit.Vision;

/// <summary>Finds pictures by their names, or by the ends of them.</summary>
internal static class SourceNames
{
    /// <summary>The positions of the pictures that are meant.</summary>
    /// <exception cref="ArgumentException">An entry fits no picture, or several.</exception>
    public static HashSet<int> Find(IReadOnlyList<ImageSource> sources, IEnumerable<string> entries)
    {
        // Compared whole are only names with the same last segment, so that long lists take no time.
        var byLastSegment = Enumerable.Range(0, sources.Count).ToLookup(i => LastSegment(Normalize(sources[i].Name)));
        var found = new HashSet<int>();
        foreach (var entry in entries.Select(entry => entry.Trim()).Where(entry => entry.Length > 0))
        {
            var wanted = Normalize(entry);
            var fitting = byLastSegment[LastSegment(wanted)].Where(i => EndsIn(Normalize(sources[i].Name), wanted)).ToArray();
            found.Add(fitting.Length switch
            {
                1 => fitting[0],
                0 => throw new ArgumentException($"No picture of the dataset is called '{entry}'.", nameof(entries)),
                _ => throw new ArgumentException(
                    $"'{entry}' fits {fitting.Length} pictures, among them '{sources[fitting[0]]}' and '{sources[fitting[1]]}'; "
                    + "give more of the path.",
                    nameof(entries)),
            });
        }

        return found;
    }

    private static bool EndsIn(string name, string wanted) =>
        name.EndsWith(wanted, StringComparison.Ordinal)
        && (name.Length == wanted.Length || name[^(wanted.Length + 1)] == '/' || wanted[0] == '/');

    private static string Normalize(string path)
    {
        path = path.Replace('\\', '/');
        return path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
    }

    private static string LastSegment(string path) => path[(path.LastIndexOf('/') + 1)..];
}
