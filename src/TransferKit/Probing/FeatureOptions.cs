namespace TransferKit;

/// <summary>How questions about samples are answered by what a frozen backbone sees in them.</summary>
public abstract record FeatureOptions
{
    private protected FeatureOptions()
    {
    }

    /// <summary>Decides what is drawn: parts of the samples, and weights that come from no file. Default: 0.</summary>
    public int Seed { get; init; }

    /// <summary>Samples at a time in the network, at least 1. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// Where features and results are kept, so that the next call computes only what is new: under names that are made of the
    /// weights, the samples and how these are prepared. Null: nowhere. Default: <c>$XDG_CACHE_HOME/transferkit/probes</c>, by
    /// default under <c>~/.cache</c>; it can be deleted at any time.
    /// </summary>
    public string? CacheFolder { get; init; } = UserCache.Folder("probes");

    /// <exception cref="ArgumentException">Options are wrong; the message has every error.</exception>
    internal void Validate()
    {
        List<string> errors = [.. Errors()];
        if (errors.Count > 0)
            throw new ArgumentException($"The options are wrong: {string.Join(" ", errors)}");
    }

    private protected virtual IEnumerable<string> Errors()
    {
        if (BatchSize < 1)
            yield return $"BatchSize is {BatchSize}, but must be at least 1.";
    }
}
