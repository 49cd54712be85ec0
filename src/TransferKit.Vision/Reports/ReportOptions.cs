namespace TransferKit.Vision;

/// <summary>What goes into a report. A value.</summary>
public sealed record ReportOptions
{
    /// <summary>The heading; null: the model's name. Default: null.</summary>
    public string? Title { get; init; }

    /// <summary>Of how many validation samples with the highest losses pictures are shown, at least 0. Default: 12.</summary>
    public int TopLosses { get; init; } = 12;

    /// <summary>
    /// How heat maps are found; null: attention rollout for vision transformers, Grad-CAM for all others. Default: null.
    /// </summary>
    public ExplanationMethod? Method { get; init; }
}
