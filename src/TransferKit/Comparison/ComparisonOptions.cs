namespace TransferKit;

/// <summary>How backbones are compared.</summary>
public sealed record ComparisonOptions : ProbeOptions
{
    /// <summary>
    /// Trains every candidate besides, this way, and compares what comes of that: minutes where a linear probe takes seconds. All
    /// train on the same samples and are measured on the same others. Default: null, no training.
    /// </summary>
    public TrainingOptions? FineTuning { get; init; }

    /// <summary>
    /// Whether weights of the usual candidates that aren't here are downloaded; plans that are named are, in any case.
    /// <see cref="BackboneComparison.Candidates"/> says how much that would be. Default: no.
    /// </summary>
    public bool Download { get; init; }

    private protected override IEnumerable<string> Errors()
    {
        foreach (var error in base.Errors())
            yield return error;
        if (FineTuning is { Checkpoints: not null } or { Observers.Count: > 0 })
            yield return "FineTuning has checkpoints or observers, which follow a single run, and a comparison makes several: "
                + "leave them out.";
        if (IsDividedAlone(FineTuning))
            yield return $"{nameof(FineTuning)}.{DividedAlone}";
    }
}
