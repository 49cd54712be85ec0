namespace TransferKit;

/// <summary>What is about to train.</summary>
public sealed record TrainingStart
{
    /// <summary>The recipe of the model, as it trains in this phase.</summary>
    public required TransferPlan Plan { get; init; }

    /// <summary>The options of this phase.</summary>
    public required TrainingOptions Options { get; init; }

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
}
