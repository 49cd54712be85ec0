namespace TransferKit.Vision;

/// <summary>How <see cref="AutoTrain"/> goes about it.</summary>
public sealed record AutoTrainOptions
{
    /// <summary>
    /// The backbones among which it chooses; weights that aren't here are downloaded. Null: those of <see
    /// cref="BackboneComparison.Candidates"/> whose weights are here, or all with <see cref="ComparisonOptions.Download"/>.
    /// Default: null.
    /// </summary>
    public IReadOnlyList<TransferPlan>? Candidates { get; init; }

    /// <summary>
    /// The largest share of the budget that looking at the pictures and comparing backbones may take together, between 0 and 1,
    /// both excluded; the rest is for tuning. Default: 0.25.
    /// </summary>
    public double ComparisonShare { get; init; } = 0.25;

    /// <summary>Of more pictures, so many are enough to compare backbones on; at least 20. Default: 2000.</summary>
    public int ComparedPictures { get; init; } = 2000;

    /// <summary>
    /// How backbones are compared, and whether weights are downloaded that aren't here. Default: the defaults.
    /// </summary>
    public ComparisonOptions Comparison { get; init; } = new();

    /// <summary>How settings are tuned; its folder is <see cref="Folder"/>. Default: the defaults.</summary>
    public TuningOptions Tuning { get; init; } = new();

    /// <summary>
    /// Where <c>model.tkm</c>, <c>report.html</c>, <c>trials.csv</c>, <c>recipe.cs</c> and the trials are written; files of an
    /// earlier call are replaced, and its trials are gone on from. Null: nowhere. Default: <c>autotrain</c>, in the current
    /// folder.
    /// </summary>
    public string? Folder { get; init; } = "autotrain";

    /// <exception cref="ArgumentException">Options are wrong; the message has every error.</exception>
    internal void Require(TimeSpan budget)
    {
        var errors = new List<string>();
        if (budget <= TimeSpan.Zero)
            errors.Add($"The budget is {budget}, but must be above 0.");
        if (Candidates is { Count: 0 } || Candidates?.Contains(null!) == true)
            errors.Add("There is nothing to choose from: name Candidates, or leave them null.");
        if (ComparisonShare is not (> 0 and < 1))
            errors.Add(FormattableString.Invariant(
                $"ComparisonShare is {ComparisonShare}, but must lie between 0 and 1, both excluded."));
        if (ComparedPictures < 20)
            errors.Add($"ComparedPictures is {ComparedPictures}, but must be at least 20.");
        if (Comparison is null)
            errors.Add("Comparison is null.");
        if (Tuning is null)
            errors.Add("Tuning is null.");
        if (Tuning?.Folder is not null)
            errors.Add($"Tuning.Folder is '{Tuning.Folder}', but trials are kept in Folder: set that.");
        if (errors.Count > 0)
            throw new ArgumentException($"The options are wrong: {string.Join(" ", errors)}");
        Tuning!.Require(budget);
    }
}
