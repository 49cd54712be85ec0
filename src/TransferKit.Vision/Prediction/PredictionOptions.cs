namespace TransferKit.Vision;

/// <summary>
/// How a <see cref="Predictor"/> prepares pictures, and what it makes of the results, whatever it computes with: what
/// <see cref="PredictorOptions"/> and those of other engines have in common.
/// </summary>
public abstract record PredictionOptions
{
    private protected PredictionOptions()
    {
    }

    /// <summary>
    /// The probability, in 0..1, above which a class counts as seen. Default: null, which is 0.5 for models that name any number
    /// of classes, and no threshold for those that name one. With it, those answer "none of these" where they are not sure
    /// enough: <see cref="Prediction.IsKnown"/>.
    /// </summary>
    public double? Threshold { get; init; }

    /// <summary>
    /// What <see cref="Prediction.Label"/> is where no class lies above the <see cref="Threshold"/>. Default: <c>unknown</c>.
    /// </summary>
    public string UnknownLabel { get; init; } = "unknown";

    /// <summary>Looks at each picture several times and averages the probabilities. Default: once.</summary>
    public TestTimeAugmentation? TestTimeAugmentation { get; init; }

    /// <summary>
    /// How pictures are decoded and prepared. What it says of unreadable pictures, of a cache and of logging doesn't matter here.
    /// Where it leaves orientation, background and <see cref="ImageOptions.EvaluateTransforms"/> as they are by default, pictures
    /// are prepared as the model's file says that its evaluation did; else they must be the same. Default: as the model says.
    /// </summary>
    public ImageOptions Images { get; init; } = new();

    /// <summary>Pictures at a time where there are many. Default: 16.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>
    /// How many calls of <see cref="Predictor.Predict(ImageSource)"/>, <see cref="Predictor.PredictAsync"/> and their kin may
    /// wait for <see cref="ImageOptions.DecodingMemoryBytes"/>, at least 0; one more gets a <see cref="PredictorBusyException"/>.
    /// For services: what waits keeps its encoded picture in memory, and its caller waiting. Default: null, any number.
    /// </summary>
    public int? QueueLimit { get; init; }

    /// <exception cref="ArgumentException">Something can't be; the message has every error.</exception>
    internal void Validate()
    {
        var errors = ValidationErrors().ToList();
        if (errors.Count > 0)
            throw new ArgumentException($"The predictor options are wrong: {string.Join(" ", errors)}");
    }

    internal virtual IEnumerable<string> ValidationErrors()
    {
        if (Threshold is not (null or (>= 0 and <= 1)))
            yield return FormattableString.Invariant($"{nameof(Threshold)} is {Threshold}, but must lie in 0..1.");
        if (string.IsNullOrEmpty(UnknownLabel))
            yield return $"{nameof(UnknownLabel)} is empty, but must say something.";
        if (BatchSize < 1)
            yield return $"{nameof(BatchSize)} is {BatchSize}, but must be at least 1.";
        if (QueueLimit < 0)
            yield return $"{nameof(QueueLimit)} is {QueueLimit}, but must be at least 0, or null.";
        foreach (var error in Images?.ValidationErrors() ?? ["Images is null."])
            yield return error;
    }
}
