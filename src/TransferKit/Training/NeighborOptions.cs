namespace TransferKit;

/// <summary>How a network's features are measured by their neighbors. A value.</summary>
public sealed record NeighborOptions
{
    /// <summary>
    /// How many vote, at least 1; fewer where there are no more. The paper tries 10, 20, 100 and 200. Default: 20.
    /// </summary>
    public int Neighbors { get; init; } = 20;

    /// <summary>What cosines are divided by, above 0; the lower, the more the nearest count. Default: 0.07.</summary>
    public double Temperature { get; init; } = 0.07;

    /// <summary>Samples at a time in the network, at least 1; scores don't depend on it. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <exception cref="ArgumentException">Some are out of range; the message lists every one.</exception>
    internal void Validate()
    {
        var errors = new List<string>();
        if (Neighbors < 1)
            errors.Add($"Neighbors is {Neighbors}, but must be at least 1.");
        if (!(Temperature > 0) || !double.IsFinite(Temperature))
            errors.Add(FormattableString.Invariant($"Temperature is {Temperature}, but must be a number above 0."));
        if (BatchSize < 1)
            errors.Add($"BatchSize is {BatchSize}, but must be at least 1.");
        if (errors.Count > 0)
            throw new ArgumentException($"The neighbor options are wrong: {string.Join(" ", errors)}");
    }
}
