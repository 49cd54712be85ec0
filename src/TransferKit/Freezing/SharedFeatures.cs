namespace TransferKit;

/// <summary>Kept features of several runs on the same samples, so that layers which are frozen in all see these once.</summary>
internal sealed class SharedFeatures : IDisposable
{
    private readonly Dictionary<string, FeatureStore> _stores = [];

    /// <summary>The memory that they take, in bytes.</summary>
    public long MemoryBytes => _stores.Values.Where(store => !store.IsFile).Sum(store => store.Bytes);

    /// <summary>The room that they take in files, in bytes.</summary>
    public long FileBytes => _stores.Values.Where(store => store.IsFile).Sum(store => store.Bytes);

    /// <summary>Features that a run has kept; null: none has.</summary>
    /// <param name="key">All that they depend on.</param>
    public FeatureStore? Find(string key) => _stores.GetValueOrDefault(key);

    /// <summary>Takes over features, which are complete.</summary>
    public void Add(string key, FeatureStore store) => _stores.Add(key, store);

    public void Dispose()
    {
        foreach (var store in _stores.Values)
            store.Dispose();
        _stores.Clear();
    }
}
