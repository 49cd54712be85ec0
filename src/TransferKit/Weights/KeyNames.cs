namespace TransferKit;

/// <summary>Brings the keys of a weights file in line with a model's names.</summary>
internal static class KeyNames
{
    /// <summary>What DataParallel, torch.compile and Lightning put before every key.</summary>
    private static readonly string[] Prefixes = ["module.", "_orig_mod.", "model."];

    /// <summary>The tensors by the model's names, as far as they can be told; others keep their own.</summary>
    /// <param name="tensors">The tensors by the names in the file.</param>
    /// <param name="names">The model's names.</param>
    public static IReadOnlyDictionary<string, StoredTensor> Align(
        IReadOnlyDictionary<string, StoredTensor> tensors, IReadOnlySet<string> names)
    {
        while (!tensors.Keys.Any(names.Contains)
            && Prefixes.FirstOrDefault(prefix => tensors.Keys.All(key => key.StartsWith(prefix, StringComparison.Ordinal)))
                is { } common)
            tensors = Rename(tensors, key => key[common.Length..]);

        tensors = Unwrap(tensors, names);
        return names.All(tensors.ContainsKey) ? tensors : Translate(tensors, names);
    }

    /// <summary>
    /// Takes off what else stands before every key, where that makes names of the model appear: the name of the field that
    /// held the model in some program ("backbone.", "net.encoder.").
    /// </summary>
    private static IReadOnlyDictionary<string, StoredTensor> Unwrap(
        IReadOnlyDictionary<string, StoredTensor> tensors, IReadOnlySet<string> names)
    {
        const int MaxDepth = 4;
        var inner = tensors;
        for (var depth = 0; depth < MaxDepth; depth++)
        {
            if (inner.Keys.Any(names.Contains))
                return inner;
            var segment = inner.Keys.FirstOrDefault() is { } first
                ? first[..(first.IndexOf('.', StringComparison.Ordinal) + 1)] : "";
            if (segment.Length == 0 || !inner.Keys.All(key => key.StartsWith(segment, StringComparison.Ordinal)))
                break;
            inner = Rename(inner, key => key[segment.Length..]);
        }

        return tensors;
    }

    /// <summary>Applies the renamings under which most names are found, if that is more than without.</summary>
    private static IReadOnlyDictionary<string, StoredTensor> Translate(
        IReadOnlyDictionary<string, StoredTensor> tensors, IReadOnlySet<string> names)
    {
        var best = tensors;
        var found = tensors.Keys.Count(names.Contains);
        foreach (var scheme in KeyRenamings.All)
        {
            var renamed = Rename(tensors, scheme.Rename);
            var count = renamed.Keys.Count(names.Contains);
            if (count > found)
                (best, found) = (renamed, count);
        }

        return best;
    }

    private static Dictionary<string, StoredTensor> Rename(
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
}
