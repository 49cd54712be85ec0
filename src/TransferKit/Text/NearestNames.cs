namespace TransferKit;

/// <summary>Finds what somebody probably meant, for error messages about layers, keys and models.</summary>
internal static class NearestNames
{
    /// <summary>The candidates nearest to a name, best first; none where nothing is similar.</summary>
    /// <remarks>
    /// By Levenshtein's edit distance (1966), up to half of the longer name. A candidate that holds the wanted name as
    /// whole dotted segments ("denseblock4" in "features.denseblock4") counts as near, however much stands around it.
    /// </remarks>
    public static IReadOnlyList<string> Of(string wanted, IEnumerable<string> candidates, int count = 3) =>
        [.. candidates
            .Select(name => (name, distance: Distance(wanted, name)))
            .Where(pair => 2 * pair.distance <= Math.Max(wanted.Length, pair.name.Length))
            .OrderBy(pair => pair.distance)
            .ThenBy(pair => pair.name, StringComparer.Ordinal)
            .Take(count)
            .Select(pair => pair.name)];

    /// <summary>" Did you mean a, b, c?", or nothing where nothing is similar: the end of an error message.</summary>
    public static string Hint(string wanted, IEnumerable<string> candidates)
    {
        var nearest = Of(wanted, candidates);
        return nearest.Count == 0 ? "" : $" Did you mean {string.Join(", ", nearest)}?";
    }

    private static int Distance(string wanted, string name)
    {
        const int SameSegments = 1;
        if (wanted.Length > 0 && $".{name}.".Contains($".{wanted}.", StringComparison.OrdinalIgnoreCase))
        {
            return wanted.Length == name.Length ? 0 : SameSegments;
        }

        var previous = Enumerable.Range(0, name.Length + 1).ToArray();
        var current = new int[name.Length + 1];
        for (var i = 0; i < wanted.Length; i++)
        {
            current[0] = i + 1;
            for (var j = 0; j < name.Length; j++)
            {
                var same = char.ToUpperInvariant(wanted[i]) == char.ToUpperInvariant(name[j]);
                var replace = previous[j] + (same ? 0 : 1);
                current[j + 1] = Math.Min(replace, Math.Min(previous[j + 1], current[j]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[^1];
    }
}
