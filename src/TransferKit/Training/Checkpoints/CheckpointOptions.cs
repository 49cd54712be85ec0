namespace TransferKit;

/// <summary>
/// Where and how often a training run is saved, so that it goes on after it was killed, exactly as if it never had been: the same
/// program, started again, finds the newest checkpoint in the folder.
/// </summary>
public sealed record CheckpointOptions
{
    /// <summary>Saves into a folder.</summary>
    /// <param name="folder">The folder, one for each run; made if it isn't there.</param>
    public CheckpointOptions(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Folder = folder;
    }

    /// <summary>The folder, one for each run.</summary>
    public string Folder { get; private init; }

    /// <summary>After how many epochs a checkpoint is written, at least 1. Default: 1.</summary>
    public int EveryEpochs { get; init; } = 1;

    /// <summary>
    /// After how many optimizer steps one is written within an epoch, at least 1; null: at ends of epochs alone. Default: null.
    /// </summary>
    public int? EverySteps { get; init; }

    /// <summary>
    /// How many checkpoints are kept, the newest ones, at least 1: with two or more, a damaged one costs no more than the work
    /// since the one before. Default: 2.
    /// </summary>
    public int KeepLast { get; init; } = 2;

    /// <summary>How many checkpoints of epochs with the best scores are kept besides, at least 0. Default: 1.</summary>
    public int KeepBest { get; init; } = 1;

    /// <summary>
    /// Whether to go on from the newest checkpoint in the folder, where there is one; if not, those that are there are moved into
    /// a folder <c>before-…</c> within it. Default: yes.
    /// </summary>
    public bool Resume { get; init; } = true;

    /// <summary><c>in runs/flowers, every epoch</c></summary>
    public override string ToString() => $"in {Folder}, every {(EveryEpochs == 1 ? "epoch" : $"{EveryEpochs} epochs")}"
        + (EverySteps is { } steps ? $" and every {steps} steps" : "");

    /// <summary>The same for a part of the run, which has a folder of its own within this one.</summary>
    internal CheckpointOptions Within(string part) => this with { Folder = Path.Join(Folder, part) };

    internal IEnumerable<string> ValidationErrors()
    {
        if (EveryEpochs < 1)
            yield return $"Checkpoints.EveryEpochs is {EveryEpochs}, but must be at least 1.";
        if (EverySteps < 1)
            yield return $"Checkpoints.EverySteps is {EverySteps}, but must be at least 1.";
        if (KeepLast < 1)
            yield return $"Checkpoints.KeepLast is {KeepLast}, but must be at least 1.";
        if (KeepBest < 0)
            yield return $"Checkpoints.KeepBest is {KeepBest}, but must be at least 0.";
    }
}
