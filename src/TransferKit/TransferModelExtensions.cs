namespace TransferKit;

/// <summary>Training a model on data that is split already; extensions for the reason of those of a plan.</summary>
public static class TransferModelExtensions
{
    /// <summary>Trains the model further.</summary>
    /// <param name="model">The model.</param>
    /// <param name="train">The samples to train on; augmented if the options say so.</param>
    /// <param name="validation">The samples to measure on after each epoch; never augmented.</param>
    /// <param name="options">How to train; null: the defaults.</param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends training after the batch; what has been learned is kept in the result.</param>
    /// <returns>How the training went. The model stays the caller's.</returns>
    /// <exception cref="ArgumentException">The data and the head don't have the same classes, or options are wrong.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer a number.</exception>
    public static TrainingResult Train(this TransferModel model, Dataset train, Dataset validation,
        TrainingOptions? options = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.TrainOn(TrainingRequest.Of(train, validation, options), progress, cancellationToken);
    }
}
