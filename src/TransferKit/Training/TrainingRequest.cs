using Microsoft.Extensions.Logging.Abstractions;

namespace TransferKit;

/// <summary>
/// What a training is asked for: samples to train on, samples to measure on, and how. Checked when it comes in, and trusted by
/// whoever is handed it.
/// </summary>
internal sealed record TrainingRequest
{
    private TrainingRequest(Dataset train, Dataset validation, TrainingOptions options) =>
        (Train, Validation, Options) = (train, validation, options);

    /// <summary>The samples to train on.</summary>
    public Dataset Train { get; }

    /// <summary>The samples to measure on.</summary>
    public Dataset Validation { get; }

    /// <summary>How; a strategy makes others of it for each of its phases.</summary>
    public TrainingOptions Options { get; init; }

    /// <summary>
    /// The epoch after which the run pauses, to go on from its checkpoint; null: it is made to its end.
    /// </summary>
    public int? PauseAfter { get; init; }

    /// <summary>Kept features that it shares with other runs on the same samples; null: it has its own.</summary>
    public SharedFeatures? Features { get; init; }

    /// <summary>What all samples' targets mean.</summary>
    public TaskDefinition Task => Train.Targets.Definition;

    /// <summary>By what epochs are compared.</summary>
    public Score Score => Options.Monitor ?? Score.DefaultFor(Task.Task);

    /// <summary>A training on data that is split already.</summary>
    /// <exception cref="ArgumentException">Options are wrong, or the samples don't fit them or each other.</exception>
    /// <exception cref="InvalidOperationException">This thread doesn't record what gradients need.</exception>
    public static TrainingRequest Of(Dataset train, Dataset validation, TrainingOptions? options) =>
        Fit(train, validation, Valid(options));

    /// <summary>A training that holds out <see cref="TrainingOptions.ValidationFraction"/> of the data.</summary>
    /// <inheritdoc cref="Of(Dataset, Dataset, TrainingOptions?)"/>
    public static TrainingRequest Of(Dataset data, TrainingOptions? options)
    {
        ArgumentNullException.ThrowIfNull(data);
        options = Valid(options);
        var (train, validation) = data.Split(1 - options.ValidationFraction, options.Seed);
        return Fit(train, validation, options);
    }

    /// <summary>A training with options that are known to be right.</summary>
    /// <inheritdoc cref="Of(Dataset, Dataset, TrainingOptions?)"/>
    public static TrainingRequest Fit(Dataset train, Dataset validation, TrainingOptions options)
    {
        TrainingChecks.RequireFitting(train, validation, options.Monitor);
        TrainingChecks.RequireLearnableClasses(train, validation);
        options.Strategy.RequireFitting(train, options);
        TorchRuntime.EnsureLoaded();
        TrainingChecks.RequireGradients();
        return new TrainingRequest(train, validation, options);
    }

    /// <summary>The same for a process that isn't watched, as another one is.</summary>
    public TrainingRequest Unwatched() => this with { Options = Options with { Observers = [], Logger = NullLogger.Instance } };

    private static TrainingOptions Valid(TrainingOptions? options)
    {
        options ??= new TrainingOptions();
        options.Validate();
        return options;
    }
}
