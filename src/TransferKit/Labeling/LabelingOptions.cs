namespace TransferKit;

/// <summary>How samples are chosen that are worth labeling.</summary>
public sealed record LabelingOptions : FeatureOptions
{
    /// <summary>By what. Default: <see cref="LabelingStrategy.Badge"/>.</summary>
    public LabelingStrategy Strategy { get; init; } = LabelingStrategy.Badge;

    private protected override IEnumerable<string> Errors()
    {
        if (!Enum.IsDefined(Strategy))
            yield return $"Strategy is {Strategy}, but must be one of {string.Join(", ", Enum.GetNames<LabelingStrategy>())}.";
        foreach (var error in base.Errors())
            yield return error;
    }
}
