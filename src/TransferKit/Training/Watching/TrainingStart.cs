namespace TransferKit;

/// <summary>What is about to train.</summary>
public sealed record TrainingStart
{
    /// <summary>The name of the backbone: <c>resnet50</c>.</summary>
    public required string Model { get; init; }

    /// <summary>The recipe of the model, as it trains in this phase, in words.</summary>
    public required string Plan { get; init; }

    /// <summary>
    /// Which layers train, each the outermost of which all weights do: <c>layer4, fc</c>; or <c>all layers</c>.
    /// </summary>
    public required string Layers { get; init; }

    /// <summary>How many parameters train.</summary>
    public required long Parameters { get; init; }

    /// <summary>The options of this phase.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>
    /// What decides the numbers that come out, name by name, as <see cref="TrainingOptions"/> calls it; what is off is left out.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The phase, counted from 1; more than 1 where <see cref="TrainingOptions.Strategy"/> has several.</summary>
    public required int Phase { get; init; }

    /// <summary>How many phases there will be.</summary>
    public required int Phases { get; init; }

    /// <summary>How many epochs there will be, those of all phases together.</summary>
    public required int Epochs { get; init; }

    /// <summary>The number of training samples.</summary>
    public required int TrainSamples { get; init; }

    /// <summary>The number of validation samples.</summary>
    public required int ValidationSamples { get; init; }

    /// <summary>
    /// Every epoch that is done: those of earlier phases, and those before the checkpoint that the run goes on from.
    /// </summary>
    public required IReadOnlyList<EpochResult> History { get; init; }

    /// <summary>What is doubtful about the data, a sentence or two each: which classes, how many samples, what to do.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary><c>phase 1 of 2, 5 epochs, 216 training and 54 validation samples: resnet50, …</c></summary>
    public override string ToString() => $"phase {Phase} of {Phases}, {Epochs} epochs, {TrainSamples} training and "
        + $"{ValidationSamples} validation samples: {Plan}";
}
