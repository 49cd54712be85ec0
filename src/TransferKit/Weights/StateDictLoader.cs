using static TorchSharp.torch;

namespace TransferKit;

/// <summary>Copies the tensors of a weights file into a model's parameters and buffers.</summary>
internal sealed class StateDictLoader
{
    /// <summary>Names shown of each kind of trouble; the exception's properties have all.</summary>
    private const int Shown = 3;

    private static readonly string[] OptionalNames = ["num_batches_tracked", "relative_position_index", "relative_coords_table"];

    private readonly WeightsFile _file;
    private readonly List<(string Key, Weight Target, StoredTensor Source)> _copies = [];
    private readonly List<Weight> _uncounted = [];
    private readonly List<string> _missing = [];
    private readonly List<string> _unexpected = [];
    private readonly List<(string Key, string Trouble)> _mismatched = [];

    private StateDictLoader(WeightsFile file) => _file = file;

    /// <summary>Loads all values, or none: keys and shapes are compared before the first value is copied.</summary>
    /// <param name="file">The weights.</param>
    /// <param name="targets">The model's weights, by torchvision's names; they have memory.</param>
    /// <param name="replaced">
    /// Paths ("fc", "classifier.1") of the head that is being replaced: keys at and below them are left alone on both sides.
    /// </param>
    /// <param name="ignored">Paths of the file ("AuxLogits", "aux1") that the model leaves out.</param>
    /// <param name="takeFitting">
    /// Whether what is being replaced is taken from the file all the same, where all of it fits.
    /// </param>
    /// <param name="prefix">What stands before the keys of the model in the file; null: it is found out.</param>
    /// <returns>What was taken, and what was left out.</returns>
    /// <exception cref="WeightsException">
    /// Keys are missing, unexpected or of another shape (all are reported together), values aren't finite, several networks in
    /// the file fit, or it is damaged.
    /// </exception>
    public static WeightsReport Load(
        WeightsFile file,
        IEnumerable<(string Name, Weight Weight)> targets,
        IReadOnlyCollection<string>? replaced = null,
        IReadOnlyCollection<string>? ignored = null,
        bool takeFitting = false,
        string? prefix = null)
    {
        var loader = new StateDictLoader(file);
        var all = targets.ToList();
        var names = all.Select(target => target.Name)
            .Where(name => !IsUnder(name, replaced ?? []) && !IsOptional(name)).ToHashSet(StringComparer.Ordinal);
        var sources = KeyNames.Align(file, names, prefix);
        loader.Match(all, sources, replaced ?? [], ignored ?? []);
        loader.ThrowOnMismatch();
        var takesHead = takeFitting && loader.TryMatch([.. all.Where(target => IsUnder(target.Name, replaced ?? []))], sources);
        loader.Copy();
        var taken = loader._copies.SelectMany(copy => copy.Source.Origins).ToHashSet();
        return new WeightsReport(file.Path, takesHead || replaced is not { Count: > 0 },
            [.. file.Tensors.Where(pair => !taken.Contains(pair.Value)).Select(pair => pair.Key)])
        { Match = file.Match };
    }

    private void Match(List<(string Name, Weight Weight)> targets, IReadOnlyDictionary<string, StoredTensor> sources,
        IReadOnlyCollection<string> replaced, IReadOnlyCollection<string> ignored)
    {
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
            else if (!Takes(target, source, key))
            {
                var (found, expected) = (StoredTensor.Show(source.Shape), StoredTensor.Show(target.Shape));
                _mismatched.Add((key, $"{key} is {found}, the model has {expected}"));
            }
            else
            {
                _copies.Add((key, target, source));
            }
        }

        var names = targets.Select(target => target.Name).ToHashSet(StringComparer.Ordinal);
        _unexpected.AddRange(sources.Keys.Where(
            key => !names.Contains(key) && !IsUnder(key, replaced) && !IsUnder(key, ignored)));
    }

    /// <summary>Takes some weights from the file if it has all of them, in the right shapes.</summary>
    private bool TryMatch(List<(string Name, Weight Weight)> targets, IReadOnlyDictionary<string, StoredTensor> sources)
    {
        if (!targets.TrueForAll(target => sources.TryGetValue(target.Name, out var source)
            ? Takes(target.Weight, source, target.Name)
            : IsOptional(target.Name)))
            return false;
        foreach (var (key, target) in targets)
            if (sources.TryGetValue(key, out var source))
                _copies.Add((key, target, source));
        return true;
    }

    private bool Takes(Weight target, StoredTensor source, string key) =>
        HasShapeOf(source, target, key) || target.ShapeAdapter?.CanAdapt(source.Shape) == true;

    /// <summary>
    /// Libraries whose layers have other names may also give them dimensions of length 1, or leave them out, and have a
    /// convolution over a whole map as a linear layer.
    /// </summary>
    private bool HasShapeOf(StoredTensor source, Weight target, string key) => source.Shape.SequenceEqual(target.Shape)
        || (!_file.Tensors.ContainsKey(key) && (source.Fits(target.Shape) || HasRowsOf(source.Shape, target.Shape)));

    private static bool HasRowsOf(IReadOnlyList<long> shape, IReadOnlyList<long> other) =>
        shape.Count > 1 && other.Count > 1 && shape[0] == other[0]
        && shape.Aggregate(1L, (count, size) => count * size) == other.Aggregate(1L, (count, size) => count * size);

    /// <summary>
    /// Whether a file may lack it: PyTorch before 0.4.1 counted no batches, and other libraries compute anew what follows from
    /// the network alone.
    /// </summary>
    public static bool IsOptional(string key) =>
        Array.Exists(OptionalNames, name => key.EndsWith(name, StringComparison.Ordinal));

    private static bool IsUnder(string key, IEnumerable<string> paths) => paths.Any(path => LayerPattern.IsWithin(key, path));

    private void ThrowOnMismatch()
    {
        if (_missing.Count + _unexpected.Count + _mismatched.Count == 0)
            return;
        string?[] troubles =
        [
            Summary("missing", _missing, key => key + Nearest(key, _unexpected)),
            Summary("unexpected", _unexpected, key => key + Nearest(key, _missing)),
            Summary("of another shape", _mismatched, pair => pair.Trouble),
        ];
        var list = string.Join("; ", troubles.Where(trouble => trouble is not null));
        var advice = _copies.Count == 0
            ? "They are probably of another architecture."
            : "Choose the model that the weights were made for.";
        throw new WeightsException(_file.Path, $"the weights do not fit the model: {list}. {_file.Mismatch ?? advice}")
        {
            MissingKeys = _missing,
            UnexpectedKeys = _unexpected,
            MismatchedKeys = [.. _mismatched.Select(pair => pair.Key)],
        };
    }

    private static string Nearest(string key, IReadOnlyCollection<string> others) =>
        NearestNames.Of(key, others, count: 1) is [var nearest] ? $" (nearest: {nearest})" : "";

    private static string? Summary<T>(string kind, List<T> items, Func<T, string> show) =>
        items.Count == 0 ? null : $"{items.Count} {kind}: {Listed(items, show)}";

    private static string Listed<T>(List<T> items, Func<T, string> show) =>
        string.Join(", ", items.Take(Shown).Select(show)) + (items.Count > Shown ? $" and {items.Count - Shown} more" : "");

    private void Copy()
    {
        foreach (var (_, target, source) in _copies)
            Copy(source, target);
        foreach (var (_, _, source) in _copies)
            source.Verify();
        RequireFinite();

        _uncounted.ForEach(weight => weight.Initialize());
    }

    /// <summary>A network with one number that is none says nothing of any image.</summary>
    private void RequireFinite()
    {
        using var noGradient = no_grad();
        var broken = _copies.Where(copy => !IsFinite(copy.Target.Value)).Select(copy => copy.Key).ToList();
        if (broken.Count > 0)
            throw new WeightsException(_file.Path, "holds values that are no finite numbers (NaN or infinity), in "
                + $"{Listed(broken, key => key)}. The training that wrote it probably diverged: take an earlier checkpoint.")
            {
                BrokenKeys = broken,
            };
    }

    private static bool IsFinite(Tensor values)
    {
        if (!values.is_floating_point())
            return true;
        // The sum of finite numbers may overflow, but that of others is never finite; it costs a tenth of looking at each.
        using var sum = values.sum();
        if (float.IsFinite(sum.item<float>()))
            return true;
        using var finite = values.isfinite();
        using var all = finite.all();
        return all.item<bool>();
    }

    private static void Copy(StoredTensor source, Weight target)
    {
        var adapter = source.Shape.SequenceEqual(target.Shape) || target.ShapeAdapter?.CanAdapt(source.Shape) != true
            ? null : target.ShapeAdapter;
        if (adapter is null && source.Fits(target.Shape))
        {
            source.CopyTo(target.Value);
            return;
        }

        using var loaded = source.Read();
        using var adapted = adapter?.Adapt(loaded) ?? loaded.reshape([.. target.Shape]);
        using var values = target.Value.detach();
        values.copy_(adapted);
    }
}
