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

    private protected override IEnumerable<string> Errors()
    {
        if (Folds < 2)
            yield return $"Folds is {Folds}, but must be at least 2.";
        foreach (var error in base.Errors())
            yield return error;
    }
}
