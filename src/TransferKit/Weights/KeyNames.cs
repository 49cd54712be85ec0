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
        {
            tensors = tensors.ToDictionary(pair => pair.Key[common.Length..], pair => pair.Value, StringComparer.Ordinal);
        }

        return tensors;
    }
}
