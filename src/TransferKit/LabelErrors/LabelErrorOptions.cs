namespace TransferKit;

/// <summary>How wrong labels are looked for.</summary>
public sealed record LabelErrorOptions : ProbeOptions
{
    /// <summary>
    /// How each fold is trained where the plan lets more than the head train; else linear probes on the frozen features take its
    /// place. Null: the defaults. Default: null.
    /// </summary>
    public TrainingOptions? Training { get; init; }

    /// <summary>
    /// How many of the nearest samples decide whether one is an outlier, at least 1. Default: 10, as in cleanlab.
    /// </summary>
    public int Neighbors { get; init; } = 10;

    private protected override IEnumerable<string> Errors()
    {
        foreach (var error in base.Errors())
            yield return error;
        if (Neighbors < 1)
            yield return $"Neighbors is {Neighbors}, but must be at least 1.";
        if (IsDividedAlone(Training))
            yield return $"{nameof(Training)}.{DividedAlone}";
    }
}
