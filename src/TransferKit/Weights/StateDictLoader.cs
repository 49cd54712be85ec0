namespace TransferKit;

/// <summary>Copies the tensors of a weights file into a model's parameters and buffers.</summary>
internal sealed class StateDictLoader
{
    /// <summary>Names shown of each kind of trouble; the exception's properties have all.</summary>
    private const int Shown = 3;

    private readonly WeightsFile _file;
    private readonly List<(Weight Target, StoredTensor Source)> _copies = [];
    private readonly List<Weight> _uncounted = [];
    private readonly List<string> _missing = [];
    private readonly List<string> _unexpected = [];
    private readonly List<(string Key, string Trouble)> _misshaped = [];

    private StateDictLoader(WeightsFile file) => _file = file;

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
        var sources = KeyNames.Align(
            _file.Tensors, names.Where(name => !IsUnder(name, replaced) && !IsOptional(name)).ToHashSet(StringComparer.Ordinal));
        foreach (var (key, target) in targets)
        {
            if (IsUnder(key, replaced))
                continue;

            if (!sources.TryGetValue(key, out var source))
            {
                if (IsOptional(key))
                    _uncounted.Add(target);
                else
                    _missing.Add(key);
            }
            else if (!HasShapeOf(source, target, key) && target.Adaptation?.Takes(source.Shape) != true)
            {
                var (found, expected) = (StoredTensor.Show(source.Shape), StoredTensor.Show(target.Shape));
                _misshaped.Add((key, $"{key} is {found}, the model has {expected}"));
            }
            else
            {
                _copies.Add((target, source));
            }
        }

        _unexpected.AddRange(sources.Keys.Where(
            key => !names.Contains(key) && !IsUnder(key, replaced) && !IsUnder(key, ignored)));
    }

    /// <summary>Libraries whose layers have other names may also give them dimensions of length 1, or leave them out.</summary>
    private bool HasShapeOf(StoredTensor source, Weight target, string key) =>
        source.Shape.SequenceEqual(target.Shape) || (!_file.Tensors.ContainsKey(key) && source.Fits(target.Shape));

    /// <summary>PyTorch before 0.4.1 counted no batches.</summary>
    private static bool IsOptional(string key) => key.EndsWith("num_batches_tracked", StringComparison.Ordinal);

    private static bool IsUnder(string key, IEnumerable<string> paths) => paths.Any(path => LayerPattern.IsWithin(key, path));

    private void ThrowOnMismatch()
    {
        if (_missing.Count + _unexpected.Count + _misshaped.Count == 0)
            return;

        string?[] troubles =
        [
            Summary("missing", _missing, key => key + Nearest(key, _unexpected)),
            Summary("unexpected", _unexpected, key => key + Nearest(key, _missing)),
            Summary("of another shape", _misshaped, pair => pair.Trouble),
        ];
        var list = string.Join("; ", troubles.Where(trouble => trouble is not null));
        var advice = _copies.Count == 0
            ? "They are probably of another architecture."
            : "Choose the model that the weights were made for.";
        throw new WeightsException(_file.Path, $"the weights do not fit the model: {list}. {_file.Mismatch ?? advice}")
        {
            MissingKeys = _missing,
            UnexpectedKeys = _unexpected,
            MisshapedKeys = [.. _misshaped.Select(pair => pair.Key)],
        };
    }

    private static string Nearest(string key, IReadOnlyCollection<string> others) =>
        NearestNames.Of(key, others, count: 1) is [var nearest] ? $" (nearest: {nearest})" : "";

    private static string? Summary<T>(string kind, List<T> items, Func<T, string> show)
    {
        if (items.Count == 0)
            return null;

        var more = items.Count > Shown ? $" and {items.Count - Shown} more" : "";
        return $"{items.Count} {kind}: {string.Join(", ", items.Take(Shown).Select(show))}{more}";
    }

    private void Copy()
    {
        foreach (var (target, source) in _copies)
            Copy(source, target);

        foreach (var (_, source) in _copies)
            source.Verify();

        _uncounted.ForEach(weight => weight.Initialize());
    }

    private static void Copy(StoredTensor source, Weight target)
    {
        if (target.Adaptation is not { } adaptation || source.Shape.SequenceEqual(target.Shape)
            || !adaptation.Takes(source.Shape))
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
