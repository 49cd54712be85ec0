namespace TransferKit;

/// <summary>Copies the tensors of a weights file into a model's parameters and buffers.</summary>
internal sealed class StateDictLoader
{
    /// <summary>Names shown of each kind of trouble; the exception's properties have all.</summary>
    private const int Shown = 3;

    private readonly WeightsFile file;
    private readonly List<(Weight Target, StoredTensor Source)> copies = [];
    private readonly List<Weight> uncounted = [];
    private readonly List<string> missing = [];
    private readonly List<string> unexpected = [];
    private readonly List<(string Key, string Trouble)> misshaped = [];

    private StateDictLoader(WeightsFile file) => this.file = file;

    /// <summary>Loads all values, or none: keys and shapes are compared before the first value is copied.</summary>
    /// <param name="file">The weights.</param>
    /// <param name="targets">The model's weights, by torchvision's names; they have memory.</param>
    /// <param name="replaced">
    /// Paths ("fc", "classifier.1") of the head that is being replaced: keys at and below them are left alone on both sides.
    /// </param>
    /// <param name="ignored">Paths of the file ("AuxLogits", "aux1") that the model leaves out.</param>
    /// <exception cref="WeightsException">
    /// Keys are missing, unexpected or of another shape (all are reported together), or the file is damaged.
    /// </exception>
    public static void Load(
        WeightsFile file,
        IEnumerable<(string Name, Weight Weight)> targets,
        IReadOnlyCollection<string>? replaced = null,
        IReadOnlyCollection<string>? ignored = null)
    {
        var loader = new StateDictLoader(file);
        loader.Match([.. targets], replaced ?? [], ignored ?? []);
        loader.ThrowOnMismatch();
        loader.Copy();
    }

    private void Match(
        List<(string Name, Weight Weight)> targets, IReadOnlyCollection<string> replaced, IReadOnlyCollection<string> ignored)
    {
        var names = targets.Select(target => target.Name).ToHashSet(StringComparer.Ordinal);
        var sources = KeyNames.Align(file.Tensors, names);
        foreach (var (key, target) in targets)
        {
            if (IsUnder(key, replaced))
            {
                continue;
            }

            if (!sources.TryGetValue(key, out var source))
            {
                if (key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                {
                    // PyTorch before 0.4.1 counted no batches.
                    uncounted.Add(target);
                }
                else
                {
                    missing.Add(key);
                }
            }
            else if (!source.Shape.SequenceEqual(target.Shape) && target.Adaptation?.Takes(source.Shape) != true)
            {
                misshaped.Add((key, $"{key} is {StoredTensor.Show(source.Shape)}, the model has {StoredTensor.Show(target.Shape)}"));
            }
            else
            {
                copies.Add((target, source));
            }
        }

        unexpected.AddRange(sources.Keys.Where(key => !names.Contains(key) && !IsUnder(key, replaced) && !IsUnder(key, ignored)));
    }

    private static bool IsUnder(string key, IEnumerable<string> paths) => paths.Any(path => LayerPattern.IsWithin(key, path));

    private void ThrowOnMismatch()
    {
        if (missing.Count + unexpected.Count + misshaped.Count == 0)
        {
            return;
        }

        string?[] troubles =
        [
            Summary("missing", missing, key => key + Nearest(key, unexpected)),
            Summary("unexpected", unexpected, key => key + Nearest(key, missing)),
            Summary("of another shape", misshaped, pair => pair.Trouble),
        ];
        var advice = copies.Count == 0 ? "They are probably of another architecture." : "Choose the model that the weights were made for.";
        throw new WeightsException(
            file.Path, $"the weights do not fit the model: {string.Join("; ", troubles.Where(trouble => trouble is not null))}. {advice}")
        {
            MissingKeys = missing,
            UnexpectedKeys = unexpected,
            MisshapedKeys = [.. misshaped.Select(pair => pair.Key)],
        };
    }

    private static string Nearest(string key, IReadOnlyCollection<string> others) =>
        NearestNames.Of(key, others, count: 1) is [var nearest] ? $" (nearest: {nearest})" : "";

    private static string? Summary<T>(string kind, List<T> items, Func<T, string> show)
    {
        if (items.Count == 0)
        {
            return null;
        }

        var more = items.Count > Shown ? $" and {items.Count - Shown} more" : "";
        return $"{items.Count} {kind}: {string.Join(", ", items.Take(Shown).Select(show))}{more}";
    }

    private void Copy()
    {
        foreach (var (target, source) in copies)
        {
            Copy(source, target);
        }

        foreach (var (_, source) in copies)
        {
            source.Verify();
        }

        uncounted.ForEach(weight => weight.Initialize());
    }

    private static void Copy(StoredTensor source, Weight target)
    {
        if (target.Adaptation is not { } adaptation || source.Shape.SequenceEqual(target.Shape))
        {
            source.CopyTo(target.Value);
            return;
        }

        using var loaded = source.Read();
        using var adapted = adaptation.Convert(loaded);
        using var values = target.Value.detach();
        values.copy_(adapted);
    }
}
