namespace TransferKit.Vision;

/// <summary>Renames, merges and drops classes.</summary>
internal static class ClassMap
{
    private const int Dropped = -1;

    public static ImageDataset Apply(
        ImageDataset data, IReadOnlyDictionary<string, string?> names, IReadOnlyList<string>? order)
    {
        if (!data.Targets.Definition.HasClasses)
            throw new InvalidOperationException("The targets are numbers: there are no classes to map.");
        if (names.Keys.Except(data.ClassNames).FirstOrDefault() is { } unknown)
            throw new ArgumentException(
                $"There is no class '{unknown}'; the classes are {string.Join(", ", data.ClassNames)}."
                + NearestNames.Hint(unknown, data.ClassNames),
                nameof(names));

        var renamed = data.ClassNames.Select(name => names.TryGetValue(name, out var other) ? other : name).ToArray();
        string[] classes = [.. renamed.OfType<string>().Distinct()];
        if (classes.Length == 0)
            throw new InvalidOperationException("Every class would be dropped.");
        if (order is not null && !order.Order().SequenceEqual(classes.Order()))
            throw new ArgumentException(
                $"The order must name each of the new classes once: {string.Join(", ", classes)}.", nameof(order));

        classes = order is null ? classes : [.. order];
        var newClass = Array.ConvertAll(renamed, name => name is null ? Dropped : Array.IndexOf(classes, name));
        var kept = data.Subset([.. Enumerable.Range(0, data.Count).Where(i => Keeps(data.Targets, i, newClass))]);
        return kept.With(classes, kept.Targets.MapClasses(newClass, classes.Length));
    }

    /// <summary>A sample goes where it loses its last class; one that has none to lose stays.</summary>
    private static bool Keeps(Targets targets, int sample, int[] newClass)
    {
        if (targets.Definition.HasOneClass)
            return newClass[targets.Labels[sample]] != Dropped;
        var labels = Targets.Present(targets.Rows[sample]).ToArray();
        return labels.Length == 0 || labels.Any(label => newClass[label] != Dropped);
    }
}
