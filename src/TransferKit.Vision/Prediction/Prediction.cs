namespace TransferKit.Vision;

/// <summary>What a model says about a picture. A value.</summary>
/// <remarks>
/// Labels and probabilities are for models that name classes, <see cref="Values"/> for regressions; asking for the wrong ones
/// throws <see cref="InvalidOperationException"/>.
/// </remarks>
public sealed class Prediction
{
    private readonly IReadOnlyList<string> _names;
    private readonly TaskDefinition _task;
    private readonly float[] _outputs, _probabilities;
    private readonly double _threshold;
    private readonly string _unknownLabel;
    private readonly Lazy<int[]> _ranking;

    /// <param name="task">What the model learned to say.</param>
    /// <param name="names">The names of its outputs.</param>
    /// <param name="outputs">What it put out.</param>
    /// <param name="probabilities">Probabilities, or the numbers of a regression.</param>
    /// <param name="options">Say which classes count as seen.</param>
    internal Prediction(
        LearningTask task, IReadOnlyList<string> names, float[] outputs, float[] probabilities, PredictionOptions options)
    {
        (_task, _names, _outputs, _probabilities) = (TaskDefinition.Of(task), names, outputs, probabilities);
        (_threshold, _unknownLabel) = (options.Threshold ?? _task.Threshold ?? -1, options.UnknownLabel);
        _ranking = new(() => [.. Enumerable.Range(0, probabilities.Length).OrderByDescending(label => probabilities[label])]);
    }

    /// <summary>What the model learned to say, and so what its outputs mean.</summary>
    public LearningTask Task => _task.Task;

    /// <summary>
    /// The name of the likeliest class; <see cref="PredictionOptions.UnknownLabel"/> where it is not <see cref="IsKnown"/>.
    /// </summary>
    public string Label => IsKnown ? _names[Ranking[0]] : _unknownLabel;

    /// <summary>
    /// The names of all classes above the threshold, likeliest first: at most one where each picture has one class.
    /// </summary>
    public IReadOnlyList<string> Labels =>
    [
        .. Ranking.TakeWhile(label => _probabilities[label] > _threshold)
            .Take(_task.HasOneClass ? 1 : _names.Count).Select(label => _names[label]),
    ];

    /// <summary>
    /// Whether a class lies above the <see cref="PredictionOptions.Threshold"/>. Where not, the picture is none of these, or
    /// nothing to be sure of. Always so where each picture has one class and no threshold is set.
    /// </summary>
    public bool IsKnown => Confidence > _threshold;

    /// <summary>The probability of the likeliest class, in 0..1.</summary>
    public float Confidence => Probabilities[Ranking[0]];

    /// <summary>
    /// The probability of every class, in 0..1 and in the order of the model's class names. Where each picture has one class,
    /// they sum to 1. Calibrated, where the model is; averaged over the views, where there are several.
    /// </summary>
    public IReadOnlyList<float> Probabilities => _task.HasClasses
        ? _probabilities
        : throw new InvalidOperationException("The model is a regression, which has no classes: read Values.");

    /// <summary>
    /// What the network put out for every class, before calibration, in the order of the model's class names; averaged over the
    /// views, where there are several.
    /// </summary>
    public IReadOnlyList<float> Logits => _task.HasClasses
        ? _outputs
        : throw new InvalidOperationException("The model is a regression, which has no logits: read Values.");

    /// <summary>The numbers of a regression, in the order of the model's class names, which are the numbers' names.</summary>
    public IReadOnlyList<float> Values => _task.HasClasses
        ? throw new InvalidOperationException("The model names classes: read Label, Confidence or Probabilities.")
        : _probabilities;

    /// <summary>The likeliest classes, best first, whether they lie above the threshold or not.</summary>
    /// <param name="count">How many; fewer come where the model has fewer classes. At least 1.</param>
    public IReadOnlyList<ScoredLabel> Top(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return [.. Ranking.Take(count).Select(label => new ScoredLabel(_names[label], _probabilities[label]))];
    }

    /// <summary><c>daisy (98.5 %)</c>; <c>cat (91.0 %), dog (77.3 %)</c>; <c>weight = 12.3</c></summary>
    public override string ToString() => _task switch
    {
        { HasOneClass: true } => $"{new ScoredLabel(Label, Confidence)}",
        { HasClasses: true } when IsKnown => string.Join(", ", Top(Labels.Count)),
        { HasClasses: true } => Label,
        _ => string.Join(", ", _names.Zip(_probabilities, (name, value) => FormattableString.Invariant($"{name} = {value:G5}"))),
    };

    /// <summary>What the network put out, and then what that means: a number each for every output.</summary>
    internal float[] Numbers => [.. _outputs, .. _probabilities];

    private int[] Ranking => _task.HasClasses
        ? _ranking.Value
        : throw new InvalidOperationException("The model is a regression, which has no labels: read Values.");
}
