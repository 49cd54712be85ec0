namespace TransferKit;

/// <summary>
/// Trains a plan once for each fold of the data, to learn how well it does and how much that varies (Kohavi, 1995).
/// </summary>
public static class CrossValidation
{
    /// <summary>
    /// Cross-validates on folds: <see cref="Dataset.KFold"/>'s, or those of groups that belong together,
    /// <see cref="Dataset.KFoldByGroup"/>'s.
    /// </summary>
    /// <param name="plan">The recipe; every fold begins with the same model.</param>
    /// <param name="folds">What each training takes and is measured on, at least two.</param>
    /// <param name="options">
    /// How to train; each fold has a folder of checkpoints of its own, <c>fold-1</c> and so on. Scores are those of the model
    /// that training ends with: with <see cref="TrainingOptions.RestoreBest"/>, of the epoch that does best on the fold, which
    /// flatters them a little. Null: the defaults.
    /// </param>
    /// <param name="keepModels">
    /// Whether the models live on, to be used together, until the result is disposed. Default: no.
    /// </param>
    /// <param name="progress">
    /// Told after each batch, on the thread that trains, while the caller waits; epochs count from 1 in each fold.
    /// </param>
    /// <param name="cancellationToken">Ends it after the batch; with checkpoints, the same call goes on from there.</param>
    /// <exception cref="ArgumentException">
    /// The options have observers, which follow a single run; or a fold can't be trained, which is found before the first is.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static CrossValidationResult CrossValidate(this TransferPlan plan, IReadOnlyList<DatasetSplit> folds,
        TrainingOptions? options = null, bool keepModels = false, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(folds);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds.Count, 2, nameof(folds));
        options ??= new TrainingOptions();
        if (options.Observers is { Count: > 0 })
            throw new ArgumentException(
                "Observers follow a single run, and a cross-validation makes several: leave them out, and pass progress, or "
                + "train the folds of KFold one by one.", nameof(options));
        options.Validate();
        var requests = RequestsOf(plan, folds, options);
        var results = new List<FoldResult>();
        try
        {
            foreach (var request in requests)
            {
                var run = plan.TrainOn(request, progress, cancellationToken);
                try
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    results.Add(new FoldResult(run, EvaluationOf(run)));
                }
                catch
                {
                    run.Dispose();
                    throw;
                }
                if (!keepModels)
                    run.Dispose();
            }
            return new CrossValidationResult { Folds = results, Scores = ScoreSummary.Of(results, options.Monitor) };
        }
        catch
        {
            results.ForEach(result => result.Run.Dispose());
            throw;
        }
    }

    /// <summary>
    /// All trainings, checked before the first: a fold that can't be trained would cost the hours of those before it.
    /// </summary>
    private static List<TrainingRequest> RequestsOf(
        TransferPlan plan, IReadOnlyList<DatasetSplit> folds, TrainingOptions options)
    {
        using var network = plan.Describe();
        plan.Recipe.Freeze(network);
        using var prefix = FrozenPrefix.Of(network, plan.BatchNorm);
        var size = plan.ImageSize ?? WeightsSource.ImageSize(plan.Model, plan.Weights) ?? Preprocessing.ImageNet.CropSize;
        var requests = new List<TrainingRequest>();
        foreach (var (index, (train, validation)) in folds.Index())
        {
            try
            {
                var own = options with { Checkpoints = options.Checkpoints?.Within($"fold-{index + 1}") };
                requests.Add(TrainingRequest.Fit(train, validation, own));
                plan.RequireOutputs(train);
                if (options.Strategy == TrainingStrategy.SinglePhase)
                    TrainingChecks.RequireNormalisable(network, prefix, size, train.Count, options);
            }
            catch (ArgumentException error)
            {
                throw new ArgumentException(
                    $"Fold {index + 1} of {folds.Count} can't be trained: {error.Message}", nameof(folds), error);
            }
        }
        return requests;
    }

    /// <summary>A run that was finished when it was taken up again knows its scores, but not its samples.</summary>
    private static EvaluationResult EvaluationOf(TrainingResult run)
    {
        var known = run.Model.Evaluation!;
        return known.Samples is not null
            ? known
            : run.Model.Evaluate(run.Validation, new EvaluationOptions
            {
                BatchSize = run.Options.BatchSize,
                Distributed = run.Options.Distributed,
            }) with
            {
                Loss = known.Loss,
            };
    }
}
