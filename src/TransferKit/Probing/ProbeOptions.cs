namespace TransferKit;

/// <summary>
/// How questions are answered by linear probes on the features of a frozen backbone: which model, which labels, how many samples.
/// </summary>
public abstract record ProbeOptions : FeatureOptions
{
    private protected ProbeOptions()
    {
    }

    /// <summary>
    /// Into how many parts the samples are divided, each of which is classified by what was learned from the others; at least 2.
    /// Default: 5.
    /// </summary>
    public int Folds { get; init; } = 5;

    /// <summary>
    /// Processes that answer together: they take batches in turns for what the backbone sees, then folds, and all get the answer,
    /// which is that of one process bit for bit where their processors are alike. Default: this one alone.
    /// </summary>
    public ProcessGroup Distributed { get; init; } = ProcessGroup.Alone;

    /// <exception cref="ArgumentException">
    /// Options are wrong, or the samples can't be divided so; the message has every error.
    /// </exception>
    internal void Require(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        Validate();
        LinearProbe.RequireClasses(data);
        var divided = data.Targets.CountOfEach().Where(count => count >= 2).Sum();
        if (divided < Folds)
            throw new ArgumentException(
                $"{divided} samples can't be divided into {Folds} parts: set Folds to {divided} or less.");
    }

    private protected const string DividedAlone =
        "Distributed is set, and the options' own isn't: set that one, which holds for training too.";

    /// <summary>Whether a training would be divided among processes that the options know nothing of.</summary>
    private protected bool IsDividedAlone(TrainingOptions? training) =>
        training is { Distributed.Size: > 1 } && !ReferenceEquals(training.Distributed, Distributed);

    private protected override IEnumerable<string> Errors()
    {
        if (Folds < 2)
            yield return $"Folds is {Folds}, but must be at least 2.";
        if (Distributed is null)
            yield return "Distributed is null.";
        foreach (var error in base.Errors())
            yield return error;
    }
}
