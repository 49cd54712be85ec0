namespace TransferKit;

/// <summary>
/// How questions are answered by linear probes on the features of a frozen backbone: which model, which labels, how many samples.
/// </summary>
public abstract record ProbeOptions
{
    private protected ProbeOptions()
    {
    }

    /// <summary>
    /// Into how many parts the samples are divided, each of which is classified by what was learned from the others; at least 2.
    /// Default: 5.
    /// </summary>
    public int Folds { get; init; } = 5;

    /// <summary>Decides which samples go where. Default: 0.</summary>
    public int Seed { get; init; }

    /// <summary>Samples at a time in the network, at least 1. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// Where features and results are kept, so that the next call computes only what is new: under names that are made of the
    /// weights, the samples and how these are prepared. Null: nowhere. Default: <c>$XDG_CACHE_HOME/transferkit/probes</c>, by
    /// default under <c>~/.cache</c>; it can be deleted at any time.
    /// </summary>
    public string? CacheFolder { get; init; } = UserCache.Folder("probes");

    /// <exception cref="ArgumentException">
    /// Options are wrong, or the samples can't be divided so; the message has every error.
    /// </exception>
    internal void Require(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        List<string> errors = [.. Errors()];
        if (errors.Count > 0)
            throw new ArgumentException($"The options are wrong: {string.Join(" ", errors)}");
        if (!data.Targets.Definition.HasOneClass)
            throw new ArgumentException(
                $"A linear probe tells classes apart, one a sample, and these samples have {data.Targets.Task} targets.",
                nameof(data));
        var counts = data.Targets.CountOfEach();
        if (counts.Count(count => count >= 2) < 2)
            throw new ArgumentException(
                "Two samples each of two classes are the least that can be learned from and measured on; there are "
                + $"{ClassOrder.Show([.. data.ClassNames.Zip(counts, (name, count) => $"{name} {count}")])}.", nameof(data));
        var divided = counts.Where(count => count >= 2).Sum();
        if (divided < Folds)
            throw new ArgumentException(
                $"{divided} samples can't be divided into {Folds} parts: set Folds to {divided} or less.");
    }

    private protected virtual IEnumerable<string> Errors()
    {
        if (Folds < 2)
            yield return $"Folds is {Folds}, but must be at least 2.";
        if (BatchSize < 1)
            yield return $"BatchSize is {BatchSize}, but must be at least 1.";
    }
}
