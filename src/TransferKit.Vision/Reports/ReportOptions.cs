namespace TransferKit.Vision;

/// <summary>What goes into a report. A value.</summary>
public sealed record ReportOptions
{
    /// <summary>The heading; null: the model's name. Default: null.</summary>
    public string? Title { get; init; }

    /// <summary>Of how many validation samples with the highest losses pictures are shown, at least 0. Default: 12.</summary>
    public int TopLosses { get; init; } = 12;

    /// <summary>
    /// How many validation pictures are shown that the model is right about, at least 0: of each class in turn those it is surest
    /// of. Default: 6.
    /// </summary>
    public int CorrectPredictions { get; init; } = 6;

    /// <summary>How many pictures are shown as training sees them, augmented, at least 0. Default: 12.</summary>
    public int TrainingSamples { get; init; } = 12;

    /// <summary>
    /// Samples that took no part in training, nor in choosing its best epoch, with the model's classes: a section of their own
    /// has the scores. Default: none.
    /// </summary>
    public Dataset? Test { get; init; }

    /// <summary>
    /// How heat maps are found; null: attention rollout for vision transformers, Grad-CAM for all others. Default: null.
    /// </summary>
    public ExplanationMethod? Method { get; init; }

    /// <summary>A map of pictures, which becomes a section. Default: none.</summary>
    public DataMap? Map { get; init; }

    /// <exception cref="ArgumentException">Something can't be; the message has every error.</exception>
    internal void Validate(LearningTask task)
    {
        var errors = new List<string>();
        foreach (var (name, count) in new[]
        {
            (nameof(TopLosses), TopLosses), (nameof(CorrectPredictions), CorrectPredictions),
            (nameof(TrainingSamples), TrainingSamples),
        })
            if (count < 0)
                errors.Add($"{name} is {count}, but must be at least 0.");
        if (Test is not null && Test.Targets.Task != task)
            errors.Add($"The test samples have {Test.Targets.Task} targets, and the model has learned {task}.");
        if (Test?.Count == 0)
            errors.Add("There are no test samples.");
        if (Map is { Data: not ImageDataset and var data })
            errors.Add($"The map's samples are no pictures, but of a {data.GetType().Name}.");
        if (errors.Count > 0)
            throw new ArgumentException($"The report's options are wrong: {string.Join(" ", errors)}");
    }
}
