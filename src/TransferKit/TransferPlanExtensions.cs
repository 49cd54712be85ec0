namespace TransferKit;

/// <summary>Training a plan on data that is split already.</summary>
/// <remarks>
/// Extensions, so that <c>plan.Train(data, null)</c> has one meaning: the compiler looks for them only where
/// <see cref="TransferPlan.Train"/> doesn't fit.
/// </remarks>
public static class TransferPlanExtensions
{
    /// <summary>Builds the model and trains it.</summary>
    /// <param name="plan">The recipe for the model.</param>
    /// <param name="train">The samples to train on; augmented if the options say so.</param>
    /// <param name="validation">The samples to measure on after each epoch; never augmented.</param>
    /// <param name="options">How to train; null: the defaults.</param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends training after the batch; what has been learned is kept in the result.</param>
    /// <returns>The trained model, which the result owns, and how the training went.</returns>
    /// <exception cref="ArgumentException">The data and the head don't have the same classes, or options are wrong.</exception>
    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer a number.</exception>
    public static TrainingResult Train(this TransferPlan plan, Dataset train, Dataset validation, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.TrainOn(TrainingRequest.Of(train, validation, options), progress, cancellationToken);
    }
}
