namespace TransferKit;

/// <summary>A family of transformers' vision networks: by what names timm calls its tensors.</summary>
/// <param name="Marker">A tensor that every network of the family has, and none of another.</param>
internal sealed record TransformersFamily(string Marker)
{
    /// <summary>A tensor at the same place without which the marker says nothing; null: it always does.</summary>
    public string? Companion { get; init; }

    /// <summary>The network's tensors.</summary>
    public required NameTable Body { get; init; }

    /// <summary>What stands beside the network, where that is in a field of its own: the head, and other networks.</summary>
    public NameTable Beside { get; init; } = new();

    /// <summary>What is left to do where values differ as well as names; null: nothing.</summary>
    public Action<Dictionary<string, StoredTensor>>? Finish { get; init; }

    /// <summary>What stands before the network's keys; null: there is no such network among them.</summary>
    public string? PlaceIn(IReadOnlyDictionary<string, StoredTensor> tensors) => tensors.Keys
        .Where(key => key.EndsWith(Marker, StringComparison.Ordinal)).Select(key => key[..^Marker.Length])
        .FirstOrDefault(place => (place.Length == 0 || place.EndsWith('.'))
            && (Companion is null || tensors.ContainsKey(place + Companion)));

    /// <summary>The tensors by timm's names; those that nothing is known of keep their own.</summary>
    /// <param name="tensors">The file's.</param>
    /// <param name="place">What <see cref="PlaceIn"/> has found.</param>
    public IReadOnlyDictionary<string, StoredTensor> Translate(IReadOnlyDictionary<string, StoredTensor> tensors, string place)
    {
        var beside = place[..(place.TrimEnd('.').LastIndexOf('.') + 1)];
        var translated = new Dictionary<string, StoredTensor>(tensors.Count, StringComparer.Ordinal);
        foreach (var (key, tensor) in Beside.ToOurs(Body.ToOurs(tensors, place, translated), beside, translated))
            translated[key] = tensor;
        Finish?.Invoke(translated);
        return translated;
    }
}
