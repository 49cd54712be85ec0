namespace TransferKit;

/// <summary>Finds classes by name in lists of another order.</summary>
internal static class ClassOrder
{
    private const int Shown = 10;

    /// <summary>Where some classes stand among others.</summary>
    /// <param name="wanted">The classes to find.</param>
    /// <param name="among">Where to look.</param>
    /// <returns>A position for each of the wanted ones; null where the two lists don't have the same names, each once.</returns>
    public static int[]? Of(IReadOnlyList<string> wanted, IReadOnlyList<string> among)
    {
        if (wanted.SequenceEqual(among))
            return [.. Enumerable.Range(0, wanted.Count)];
        var positions = Positions(wanted, among);
        return wanted.Count == among.Count && positions.Distinct().Count() == wanted.Count && !positions.Contains(-1)
            ? positions
            : null;
    }

    /// <summary>Where some classes stand among others; −1 for those that don't.</summary>
    public static int[] Positions(IReadOnlyList<string> wanted, IReadOnlyList<string> among)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (place, name) in among.Index())
            places.TryAdd(name, place);
        return [.. wanted.Select(name => places.GetValueOrDefault(name, -1))];
    }

    /// <summary>Where a class stands.</summary>
    /// <param name="name">The class.</param>
    /// <param name="among">All classes.</param>
    /// <param name="parameter">The argument that has the name.</param>
    /// <exception cref="ArgumentException">There is no such class; the message has the nearest names.</exception>
    public static int LabelOf(string name, IReadOnlyList<string> among, string parameter) =>
        Positions([name], among)[0] is >= 0 and var label
            ? label
            : throw new ArgumentException(
                $"The model knows no class '{name}'.{NearestNames.Hint(name, among)} It knows {Show(among)}.", parameter);

    /// <summary><c>daisy, tulip</c>, at some length.</summary>
    public static string Show(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(Shown)) + (names.Count > Shown ? $", … ({names.Count} in all)" : "");

    /// <exception cref="ArgumentException">A name is empty or there twice, or there are none.</exception>
    public static void RequireNames(IReadOnlyList<string> names, string parameter)
    {
        ArgumentNullException.ThrowIfNull(names, parameter);
        if (names.Count == 0)
            throw new ArgumentException("There are no class names.", parameter);
        if (names.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("A class name is empty.", parameter);
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"The class '{twice.Key}' is named twice.", parameter);
    }
}
