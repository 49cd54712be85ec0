namespace TransferKit;

/// <summary>The best-known strategies in one call, on plans and on models.</summary>
public static class StrategyVerbs
{
    /// <summary>
    /// Builds the model and fine-tunes it as fastai does, holding out <see cref="TrainingOptions.ValidationFraction"/> of the
    /// data: the head alone for one epoch, then everything; see <see cref="TrainingStrategy.FineTune"/>.
    /// </summary>
    /// <param name="plan">The recipe for the model; what it freezes doesn't matter.</param>
    /// <param name="data">The samples to train on and to measure on.</param>
    /// <param name="epochs">Epochs in which everything trains, at least 1; the head's own comes before.</param>
    /// <param name="options">
    /// Everything else; another rate is <c>Strategy = TrainingStrategy.FineTune(rate)</c> in it. Null: the defaults.
    /// </param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends training after the batch; what has been learnt is kept in the result.</param>
    /// <returns>The model, which the result owns, and the epochs of both phases.</returns>
    public static TrainingResult FineTune(this TransferPlan plan, Dataset data, int epochs, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Required(plan).Train(data, FineTuning(epochs, options), progress, cancellationToken);

    /// <summary>Builds the model and fine-tunes it as fastai does; see <see cref="TrainingStrategy.FineTune"/>.</summary>
    /// <inheritdoc cref="FineTune(TransferPlan, Dataset, int, TrainingOptions?, IProgress{TrainingProgress}?,
    /// CancellationToken)"/>
    /// <param name="plan">The recipe for the model; what it freezes doesn't matter.</param>
    /// <param name="train">The samples to train on.</param>
    /// <param name="validation">The samples to measure on.</param>
    /// <param name="epochs">Epochs in which everything trains, at least 1; the head's own comes before.</param>
    /// <param name="options">
    /// Everything else; another rate is <c>Strategy = TrainingStrategy.FineTune(rate)</c> in it. Null: the defaults.
    /// </param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends training after the batch; what has been learnt is kept in the result.</param>
    public static TrainingResult FineTune(this TransferPlan plan, Dataset train, Dataset validation, int epochs,
        TrainingOptions? options = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Required(plan).Train(train, validation, FineTuning(epochs, options), progress, cancellationToken);

    /// <summary>Fine-tunes the model as fastai does; see <see cref="TrainingStrategy.FineTune"/>.</summary>
    /// <inheritdoc cref="FineTune(TransferPlan, Dataset, int, TrainingOptions?, IProgress{TrainingProgress}?,
    /// CancellationToken)"/>
    /// <param name="model">The model; what is frozen in it doesn't matter, and nothing is in the end.</param>
    /// <param name="data">The samples to train on and to measure on.</param>
    /// <param name="epochs">Epochs in which everything trains, at least 1; the head's own comes before.</param>
    /// <param name="options">
    /// Everything else; another rate is <c>Strategy = TrainingStrategy.FineTune(rate)</c> in it. Null: the defaults.
    /// </param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends training after the batch; what has been learnt is kept in the result.</param>
    /// <returns>The epochs of both phases. The model stays the caller's.</returns>
    public static TrainingResult FineTune(this TransferModel model, Dataset data, int epochs, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Required(model).Train(data, FineTuning(epochs, options), progress, cancellationToken);

    /// <summary>Fine-tunes the model as fastai does; see <see cref="TrainingStrategy.FineTune"/>.</summary>
    /// <inheritdoc cref="FineTune(TransferPlan, Dataset, Dataset, int, TrainingOptions?, IProgress{TrainingProgress}?,
    /// CancellationToken)"/>
    /// <param name="model">The model; what is frozen in it doesn't matter, and nothing is in the end.</param>
    /// <param name="train">The samples to train on.</param>
    /// <param name="validation">The samples to measure on.</param>
    /// <param name="epochs">Epochs in which everything trains, at least 1; the head's own comes before.</param>
    /// <param name="options">
    /// Everything else; another rate is <c>Strategy = TrainingStrategy.FineTune(rate)</c> in it. Null: the defaults.
    /// </param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends training after the batch; what has been learnt is kept in the result.</param>
    /// <returns>The epochs of both phases. The model stays the caller's.</returns>
    public static TrainingResult FineTune(this TransferModel model, Dataset train, Dataset validation, int epochs,
        TrainingOptions? options = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Required(model).Train(train, validation, FineTuning(epochs, options), progress, cancellationToken);

    /// <summary>
    /// Builds the model and computes the best linear head for its frozen backbone, in seconds, holding out
    /// <see cref="TrainingOptions.ValidationFraction"/> of the data; see <see cref="TrainingStrategy.LinearProbe"/>.
    /// </summary>
    /// <param name="plan">The recipe for the model, with a linear head.</param>
    /// <param name="data">The samples to train on and to measure on.</param>
    /// <param name="options">
    /// Everything else; another penalty is <c>Strategy = TrainingStrategy.LinearProbe(l2)</c> in it. Null: the defaults.
    /// </param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends it before the head is computed.</param>
    /// <returns>The model, which the result owns, and how it does, as one epoch.</returns>
    /// <exception cref="InvalidOperationException">The head isn't linear.</exception>
    public static TrainingResult LinearProbe(this TransferPlan plan, Dataset data, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Required(plan).Train(data, Probing(options), progress, cancellationToken);

    /// <summary>
    /// Builds the model and computes the best linear head for its frozen backbone, in seconds; see
    /// <see cref="TrainingStrategy.LinearProbe"/>.
    /// </summary>
    /// <inheritdoc cref="LinearProbe(TransferPlan, Dataset, TrainingOptions?, IProgress{TrainingProgress}?, CancellationToken)"/>
    /// <param name="plan">The recipe for the model, with a linear head.</param>
    /// <param name="train">The samples to train on.</param>
    /// <param name="validation">The samples to measure on.</param>
    /// <param name="options">
    /// Everything else; another penalty is <c>Strategy = TrainingStrategy.LinearProbe(l2)</c> in it. Null: the defaults.
    /// </param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends it before the head is computed.</param>
    public static TrainingResult LinearProbe(this TransferPlan plan, Dataset train, Dataset validation,
        TrainingOptions? options = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Required(plan).Train(train, validation, Probing(options), progress, cancellationToken);

    /// <summary>
    /// Computes the best linear head for the frozen backbone, in seconds; see <see cref="TrainingStrategy.LinearProbe"/>.
    /// </summary>
    /// <inheritdoc cref="LinearProbe(TransferPlan, Dataset, TrainingOptions?, IProgress{TrainingProgress}?, CancellationToken)"/>
    /// <param name="model">The model, with a linear head; everything else is frozen in the end.</param>
    /// <param name="data">The samples to train on and to measure on.</param>
    /// <param name="options">
    /// Everything else; another penalty is <c>Strategy = TrainingStrategy.LinearProbe(l2)</c> in it. Null: the defaults.
    /// </param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends it before the head is computed.</param>
    /// <returns>How it does, as one epoch. The model stays the caller's.</returns>
    public static TrainingResult LinearProbe(this TransferModel model, Dataset data, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Required(model).Train(data, Probing(options), progress, cancellationToken);

    /// <summary>
    /// Computes the best linear head for the frozen backbone, in seconds; see <see cref="TrainingStrategy.LinearProbe"/>.
    /// </summary>
    /// <inheritdoc cref="LinearProbe(TransferPlan, Dataset, Dataset, TrainingOptions?, IProgress{TrainingProgress}?,
    /// CancellationToken)"/>
    /// <param name="model">The model, with a linear head; everything else is frozen in the end.</param>
    /// <param name="train">The samples to train on.</param>
    /// <param name="validation">The samples to measure on.</param>
    /// <param name="options">
    /// Everything else; another penalty is <c>Strategy = TrainingStrategy.LinearProbe(l2)</c> in it. Null: the defaults.
    /// </param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends it before the head is computed.</param>
    /// <returns>How it does, as one epoch. The model stays the caller's.</returns>
    public static TrainingResult LinearProbe(this TransferModel model, Dataset train, Dataset validation,
        TrainingOptions? options = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Required(model).Train(train, validation, Probing(options), progress, cancellationToken);

    private static T Required<T>(T subject)
        where T : class => subject ?? throw new ArgumentNullException(nameof(subject));

    private static TrainingOptions FineTuning(int epochs, TrainingOptions? options)
    {
        options ??= new TrainingOptions();
        return options with
        {
            Epochs = epochs,
            Strategy = options.Strategy as FineTuneStrategy ?? TrainingStrategy.FineTune(),
        };
    }

    private static TrainingOptions Probing(TrainingOptions? options)
    {
        options ??= new TrainingOptions();
        return options with { Strategy = options.Strategy as LinearProbeStrategy ?? TrainingStrategy.LinearProbe() };
    }
}
