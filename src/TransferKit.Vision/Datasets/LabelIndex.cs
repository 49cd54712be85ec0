namespace TransferKit.Vision;

/// <summary>Class names and their places.</summary>
internal sealed class LabelIndex
{
    private readonly Dictionary<string, int> _places = [];

    /// <param name="classes">The classes in the order of their labels; null: those that occur, sorted.</param>
    /// <param name="occurring">The labels of samples.</param>
    /// <exception cref="ArgumentException">A class is named twice.</exception>
    public LabelIndex(IReadOnlyList<string>? classes, IEnumerable<string> occurring)
    {
        Names = classes ?? [.. occurring.Distinct().Order(StringComparer.Ordinal)];
        foreach (var (place, name) in Names.Index())
        {
            if (!_places.TryAdd(name, place))
                throw new ArgumentException($"The class '{name}' is named twice.", nameof(classes));
        }
    }

    public IReadOnlyList<string> Names { get; }

    /// <exception cref="ArgumentException">There is no such class.</exception>
    public int Of(string label, string image) => _places.TryGetValue(label, out var place)
        ? place
        : throw new ArgumentException(
            $"The label '{label}' of '{image}' is none of the classes {string.Join(", ", Names)}."
            + NearestNames.Hint(label, Names));
}
