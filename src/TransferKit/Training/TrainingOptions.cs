using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace TransferKit;

/// <summary>How a model is trained. A value; the defaults are the well-known transfer-learning tutorial's.</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the training samples, at least 1. Default: 5.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Samples a step, at least 1; the last step of an epoch takes what is left. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>How weights follow gradients. Default: SGD with rate 0.001 and momentum 0.9.</summary>
    public Optimizer Optimizer { get; init; } = Optimizer.Sgd();

    /// <summary>
    /// The share of samples held out for validation where no validation set is given, between 0 and 1, both excluded.
    /// Default: 0.2.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>Whether training samples are randomly augmented. Default: yes.</summary>
    public bool Augment { get; init; } = true;

    /// <summary>
    /// Room for the outputs of frozen layers, which are then computed once and not in every epoch: of validation samples, and of
    /// training samples where they look the same in every epoch (see <see cref="CachedViews"/>). Null: always compute them.
    /// </summary>
    public FeatureCacheOptions? FeatureCache { get; init; } = new();

    /// <summary>
    /// How many augmented looks of a training sample are made; the epochs take them in turn, and the outputs of frozen layers for
    /// them are kept. 0: every epoch makes new ones, and nothing can be kept while <see cref="Augment"/> is on. Default: 0.
    /// </summary>
    public int CachedViews { get; init; }

    /// <summary>
    /// Whether the model ends with the weights of <see cref="TrainingResult.Best"/> and not with those of the last step.
    /// Default: yes.
    /// </summary>
    public bool RestoreBest { get; init; } = true;

    /// <summary>
    /// Decides the split, the new weights, the order of samples, augmentation and dropout. On the CPU, the same seed and the
    /// same number of threads give the same losses. Default: 0.
    /// </summary>
    public int Seed { get; init; }

    /// <summary>Threads that prepare batches ahead; 0 lets the dataset choose. Default: 0.</summary>
    public int Workers { get; init; }

    /// <summary>Told of the start, every epoch and the end. Default: nobody.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Splits data that comes without a validation set, once the options are found right.</summary>
    internal DatasetSplit HoldOut(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        Validate();
        return data.Split(1 - ValidationFraction, Seed);
    }

    /// <summary>Checks all options.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists every one.</exception>
    public void Validate()
    {
        var mistakes = new List<string>();
        if (Epochs < 1)
            mistakes.Add($"Epochs is {Epochs}, but must be at least 1.");
        if (BatchSize < 1)
            mistakes.Add($"BatchSize is {BatchSize}, but must be at least 1.");
        if (ValidationFraction is not (> 0 and < 1))
            mistakes.Add($"ValidationFraction is {ValidationFraction}, but must lie between 0 and 1, both excluded.");
        if (CachedViews < 0)
            mistakes.Add($"CachedViews is {CachedViews}, but must be at least 0.");
        mistakes.AddRange(FeatureCache?.Mistakes() ?? []);
        if (Workers < 0)
            mistakes.Add($"Workers is {Workers}, but must be 0 (automatic) or more.");
        if (Optimizer is null)
            mistakes.Add("Optimizer is null.");
        else
            mistakes.AddRange(Optimizer.Mistakes());
        if (Logger is null)
            mistakes.Add("Logger is null.");
        if (mistakes.Count > 0)
            throw new ArgumentException($"The training options are wrong: {string.Join(" ", mistakes)}");
    }
}
