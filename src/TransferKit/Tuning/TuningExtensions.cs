namespace TransferKit;

/// <summary>Searches for settings.</summary>
public static class TuningExtensions
{
    /// <summary>
    /// Searches for the settings with which the plan does best on samples: learning rate, weight decay, how many stages train,
    /// augmentation, head and schedule, by asynchronous successive halving (ASHA; Li et al., 2020). Every trial is trained for a
    /// ninth of the epochs, the best third of them for a third, and the best third of these to the end. The first trial is the
    /// plan as it is, with a linear head if it has none, trained as <see cref="TuningOptions.Training"/> says, and always to its
    /// end: so the best is never worse than that on the held-out samples. A few usual recipes follow, then random ones.
    /// </summary>
    /// <param name="plan">The backbone with its weights, and the first trial.</param>
    /// <param name="data">
    /// The samples, of which <see cref="TrainingOptions.ValidationFraction"/> are held out, the same in all trials.
    /// </param>
    /// <param name="budget">
    /// How long to search; the first trial is finished also where it takes longer. In the last third no trials are begun, so that
    /// the best are finished. <see cref="Timeout.InfiniteTimeSpan"/>: until <see cref="TuningOptions.Trials"/> are done.
    /// </param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="progress">Told of every epoch of every trial, on the thread that computes, while the caller waits.</param>
    /// <param name="cancellationToken">
    /// Ends it with <see cref="OperationCanceledException"/>; a search in the same <see cref="TuningOptions.Folder"/> goes on.
    /// </param>
    /// <exception cref="ArgumentException">The options are wrong, or don't fit the samples.</exception>
    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    /// <exception cref="TrainingDivergedException">
    /// The loss of the first trial is no longer a number; where another one's isn't, that trial alone has failed.
    /// </exception>
    /// <exception cref="CheckpointException">A trial can't be kept.</exception>
    public static TuningResult Tune(this TransferPlan plan, Dataset data, TimeSpan budget, TuningOptions? options = null,
        IProgress<ProbeProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new TuningOptions();
        options.Require(budget);
        var request = TrainingRequest.Of(data, options.Training);
        plan = plan.WithHeadFor(data);
        using var folder = new WorkFolder(options.Folder);
        using var search = new TuningSearch(plan, request, options, folder.Path, budget, progress);
        return search.Run(cancellationToken);
    }
}
