using System.Text.RegularExpressions;

namespace TransferKit;

/// <summary>Brings the keys of a weights file in line with a model's names.</summary>
internal static partial class KeyNames
{
    /// <summary>Wrappers of wrappers put no more segments than this before the model's own names.</summary>
    private const int MaxDepth = 8;

    /// <summary>
    /// The tensors by the model's names, as far as they can be told; others keep their own. Where all of the model's keys begin
    /// with the name of the field that held it ("module.", "model.", "net.encoder."), that is taken off, and keys without it
    /// (losses, metrics, other networks) are left out.
    /// </summary>
    /// <param name="file">The weights.</param>
    /// <param name="names">The names that the model can't do without.</param>
    /// <param name="prefix">What stands before the model's keys, where the caller knows; null: it is found out.</param>
    /// <exception cref="WeightsException">
    /// Several networks in the file have the model's names; or none of its keys begins with the prefix.
    /// </exception>
    public static IReadOnlyDictionary<string, StoredTensor> Align(
        WeightsFile file, IReadOnlySet<string> names, string? prefix = null)
    {
        if (prefix is not null)
        {
            var below = Below(prefix, file.Tensors);
            return below.Count == 0 ? throw NothingBelow(prefix, file)
                : Network.At("", TransformersNames.Translate(below), names).Tensors;
        }

        var tensors = TransformersNames.Translate(file.Tensors);
        var networks = Places(tensors.Keys, names).Select(place => Network.At(place, tensors, names)).ToList();
        var most = networks.Max(network => network.Found);
        // Less than half of a network is a likeness by chance, and a mistake is told best in the file's own words.
        return most == 0 || 2 * most < names.Count
            ? networks.Single(network => network.Place.Length == 0).Tensors
            : Choose([.. networks.Where(network => network.Found == most)], file);
    }

    /// <summary>The prefixes behind which the model may be found.</summary>
    private static IReadOnlyList<string> Places(IEnumerable<string> keys, IReadOnlySet<string> names)
    {
        var places = new Dictionary<string, (int Keys, int Found)> { [""] = default };
        foreach (var key in keys)
        {
            var start = 0;
            for (var depth = 0; depth <= MaxDepth; depth++)
            {
                var place = key[..start];
                var (count, found) = places.GetValueOrDefault(place);
                places[place] = (count + 1, found + (names.Contains(key[start..]) ? 1 : 0));
                start = key.IndexOf('.', start) + 1;
                if (start == 0)
                    break;
            }
        }
        var most = places.Values.Max(place => place.Found);
        // Under names of other libraries a network has about as many tensors as under torchvision's.
        var enough = most == names.Count ? int.MaxValue : names.Count / 2;
        return [.. places.Where(place => place.Key.Length == 0 || place.Value.Keys >= enough
            || (most > 0 && place.Value.Found == most)).Select(place => place.Key)];
    }

    /// <summary>One of the networks that have as many of the model's names.</summary>
    private static IReadOnlyDictionary<string, StoredTensor> Choose(IReadOnlyList<Network> networks, WeightsFile file)
    {
        networks = [.. networks.Select(network => network.Without(networks))];
        // A moving average is the copy of a network that stands beside it.
        if (networks.Any(network => !network.IsAverage))
            networks = [.. networks.Where(network => !network.IsAverage)];
        // A larger network has the names of a smaller one too, and others besides.
        if (networks.Any(network => network.IsExact))
            networks = [.. networks.Where(network => network.IsExact)];
        return networks.Count == 1
            ? networks[0].Tensors
            : throw new WeightsException(file.Path, $"holds {networks.Count} networks that fit the model, under "
                + $"{string.Join(", ", networks.Select(network => $"'{network.Place}'"))}: say which one with "
                + $"Pretrained.FromFile(path, prefix: \"{networks[0].Place}\").");
    }

    private static IReadOnlyDictionary<string, StoredTensor> Below(
        string place, IReadOnlyDictionary<string, StoredTensor> tensors) => place.Length == 0 ? tensors
        : tensors.Where(pair => pair.Key.StartsWith(place, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[place.Length..], pair => pair.Value, StringComparer.Ordinal);

    private static WeightsException NothingBelow(string prefix, WeightsFile file)
    {
        var others = file.Tensors.Keys.Select(key => key[..(key.IndexOf('.', StringComparison.Ordinal) + 1)]).Distinct().Take(10);
        return new(file.Path, $"has no key that begins with '{prefix}'; its keys begin with {string.Join(", ", others)}.");
    }

    /// <summary>Applies the renamings under which most names are found, if that is more than without.</summary>
    private static IReadOnlyDictionary<string, StoredTensor> Translate(
        IReadOnlyDictionary<string, StoredTensor> tensors, IReadOnlySet<string> names)
    {
        var best = tensors;
        var found = tensors.Keys.Count(names.Contains);
        if (found == names.Count)
            return best;
        foreach (var renamed in Renamed(tensors))
        {
            var count = renamed.Keys.Count(names.Contains);
            if (count > found)
                (best, found) = (renamed, count);
            if (found == names.Count)
                break;
        }

        return best;
    }

    /// <summary>The tensors by all names that are known for them.</summary>
    private static IEnumerable<IReadOnlyDictionary<string, StoredTensor>> Renamed(
        IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        // Old names are brought up to date first: what they mean today may have another name elsewhere.
        foreach (var source in KeyRenamings.All.Select(scheme => Rename(tensors, scheme.Rename))
            .Where(renamed => !renamed.Keys.All(tensors.ContainsKey)).Prepend(tensors))
        {
            yield return source;
            foreach (var table in TimmNames.All)
            {
                yield return table.ToOurs(source);
                yield return table.ToTheirs(source);
            }
        }
    }

    private static IReadOnlyDictionary<string, StoredTensor> Rename(
        IReadOnlyDictionary<string, StoredTensor> tensors, Func<string, string> rename)
    {
        var renamed = new Dictionary<string, StoredTensor>(tensors.Count, StringComparer.Ordinal);
        foreach (var (key, tensor) in tensors)
        {
            // A file may hold a key and its older name as well: the one that needs no renaming stands.
            var name = rename(key);
            if (name == key)
                renamed[name] = tensor;
            else
                renamed.TryAdd(name, tensor);
        }

        return renamed;
    }

    [GeneratedRegex(@"(^|[._])(ema|swa|avg|averaged?)([._]|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MovingAverage();

    /// <summary>What lies behind one prefix.</summary>
    /// <param name="Place">The prefix; empty: the file's own keys.</param>
    /// <param name="Tensors">Its tensors, by the model's names as far as they can be told.</param>
    /// <param name="Found">How many of the model's names are among them.</param>
    private sealed record Network(string Place, IReadOnlyDictionary<string, StoredTensor> Tensors, int Found)
    {
        public static Network At(string place, IReadOnlyDictionary<string, StoredTensor> tensors, IReadOnlySet<string> names)
        {
            tensors = Translate(Below(place, tensors), names);
            return new(place, tensors, tensors.Keys.Count(names.Contains));
        }

        /// <summary>Whether its name says that it is the moving average of another one.</summary>
        public bool IsAverage => MovingAverage().IsMatch(Place);

        /// <summary>Whether it has nothing but what the model has.</summary>
        public bool IsExact => Tensors.Keys.Count(key => !StateDictLoader.IsOptional(key)) == Found;

        /// <summary>The same without the tensors of others that lie within it.</summary>
        public Network Without(IEnumerable<Network> others)
        {
            var within = others.Where(other => other.Place.Length > Place.Length
                && other.Place.StartsWith(Place, StringComparison.Ordinal)).Select(other => other.Place[Place.Length..]).ToList();
            return this with
            {
                Tensors = Tensors.Where(pair => !within.Exists(place => pair.Key.StartsWith(place, StringComparison.Ordinal)))
                    .ToDictionary(StringComparer.Ordinal),
            };
        }
    }
}
