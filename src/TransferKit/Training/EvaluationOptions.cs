namespace TransferKit;

/// <summary>How a model is measured. A value.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Samples at a time, at least 1; scores don't depend on it. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// Views of each sample, over which probabilities are averaged; null: the sample alone. Default: null.
    /// </summary>
    public TestTimeAugmentation? TestTimeAugmentation { get; init; }

    /// <summary>
    /// Processes that take batches in turns, and all get the result, which is that of one process bit for bit. Default: this one
    /// alone.
    /// </summary>
    public ProcessGroup Distributed { get; init; } = ProcessGroup.Alone;

    /// <exception cref="ArgumentException">Some are out of range; the message lists every one.</exception>
    internal void Validate()
    {
        if (BatchSize < 1)
            throw new ArgumentException($"The evaluation options are wrong: BatchSize is {BatchSize}, but must be at least 1.");
        if (Distributed is null)
            throw new ArgumentException("The evaluation options are wrong: Distributed is null.");
    }
}
