namespace TransferKit;

/// <summary>
/// A fixed, ordered collection of labelled samples. Knows its labels without touching a sample, so splitting and
/// counting are cheap. Immutable and safe to read from several threads.
/// </summary>
public abstract class Dataset
{
    /// <summary>The names of the classes, a label being an index into this list; for a regression, of its numbers.</summary>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <summary>What a model should say about every sample.</summary>
    public abstract Targets Targets { get; }

    /// <summary>The label of every sample, each in <c>[0, ClassNames.Count)</c>.</summary>
    /// <exception cref="InvalidOperationException">The samples don't have exactly one class each.</exception>
    public IReadOnlyList<int> Labels => Targets.Labels;

    /// <summary>The number of samples.</summary>
    public int Count => Targets.Count;

    /// <summary>The samples at the given positions, in that order, with the same classes.</summary>
    /// <param name="indices">Positions in this dataset, each in <c>[0, Count)</c>.</param>
    public abstract Dataset Subset(IReadOnlyList<int> indices);

    /// <summary>
    /// Reads samples as batches, in <see cref="ReadOptions.Order"/>, preparing the next ones while the caller works on one.
    /// The caller disposes each batch. Ending the enumeration early stops the reading.
    /// </summary>
    /// <param name="options">What to read and how.</param>
    /// <param name="cancellationToken">Ends the reading with <see cref="OperationCanceledException"/>.</param>
    public abstract IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Splits into a part for training and a part for validation, stratified: each class is divided in the same proportion,
    /// as nearly as whole samples allow, and each part with at least one sample a class where the class has two or more.
    /// The same seed gives the same split.
    /// </summary>
    /// <param name="trainFraction">The share of samples for training, between 0 and 1, both excluded.</param>
    /// <param name="seed">Decides which samples go where.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainFraction"/> is not between 0 and 1.</exception>
    public DatasetSplit Split(double trainFraction, int seed = 0)
    {
        var (train, validation) = StratifiedSplit.Of(Labels, ClassNames.Count, trainFraction, seed);
        return new DatasetSplit(Subset(train), Subset(validation));
    }
}

/// <summary>The two parts of a split dataset. Training reads the first with augmentation, evaluation the second without.</summary>
/// <param name="Train">The samples to train on.</param>
/// <param name="Validation">The samples held out.</param>
public sealed record DatasetSplit(Dataset Train, Dataset Validation);
