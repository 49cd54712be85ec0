namespace TransferKit;

/// <summary>How a search for better settings goes about it.</summary>
public sealed record TuningOptions
{
    /// <summary>Timers take little more.</summary>
    private static readonly TimeSpan LongestBudget = TimeSpan.FromDays(40);

    /// <summary>
    /// How the first trial is trained, and what all others have in common with it: the split, the seed, the batch size, by which
    /// score trials are compared (<see cref="TrainingOptions.Monitor"/>), and to how many epochs trials are trained that do well;
    /// others end after a third or a ninth of these. With <see cref="TrainingOptions.Augment"/> off no trial augments. Default:
    /// the defaults, for 9 epochs.
    /// </summary>
    public TrainingOptions Training { get; init; } = new() { Epochs = 9 };

    /// <summary>
    /// How many trials are begun, at least 1; null: as many as there is time for. With a number, and time without limit, the
    /// search is the same each time. Default: null.
    /// </summary>
    public int? Trials { get; init; }

    /// <summary>Decides which settings are tried. Default: 0.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Where trials are kept, each with its newest checkpoint: the weights, what the optimizer knows, and the best weights. A
    /// search that was killed goes on from there, and one with more time, or other limits, too: what it finds there costs no
    /// time. Samples of a dataset of your own can't be told from others: a search on them begins anew each time. Null: in a
    /// folder for temporary files that is deleted at the end. Default: null.
    /// </summary>
    public string? Folder { get; init; }

    /// <exception cref="ArgumentException">Options are wrong; the message has every error.</exception>
    internal void Require(TimeSpan budget)
    {
        var errors = new List<string>();
        if (Training is null)
            errors.Add("Training is null.");
        if (Training is { Checkpoints: not null } or { Observers.Count: > 0 })
            errors.Add("Training has checkpoints or observers, which follow a single run, and a search makes several: leave them "
                + "out, and set Folder.");
        if (Trials < 1)
            errors.Add($"Trials is {Trials}, but must be at least 1.");
        if (budget != Timeout.InfiniteTimeSpan && (budget <= TimeSpan.Zero || budget > LongestBudget))
            errors.Add($"The budget is {budget}, but must be above 0 and at most {LongestBudget.Days} days, or "
                + "Timeout.InfiniteTimeSpan.");
        if (budget == Timeout.InfiniteTimeSpan && Trials is null)
            errors.Add("The search would never end: give it a budget, or set Trials.");
        if (errors.Count > 0)
            throw new ArgumentException($"The search can't be made so: {string.Join(" ", errors)}");
        Training!.Validate();
    }
}
