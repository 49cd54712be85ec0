using System.Text.Json;

namespace TransferKit;

/// <summary>
/// A fixed, ordered collection of labeled samples. Knows its labels without touching a sample, so splitting and
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

    /// <summary>
    /// Describes as data how evaluation prepares samples for what a network expects; null where that is the ordinary way, or
    /// isn't known. Holds no samples, so that a model may keep it.
    /// </summary>
    internal virtual Func<Preprocessing, JsonElement?> DescribePreparation => static _ => null;

    /// <summary>
    /// Tells the samples of a run, and how they are prepared, from others with the same targets, not safely but well; JSON's null
    /// where nothing is known of them.
    /// </summary>
    /// <param name="preprocessing">What the network expects of its input.</param>
    /// <param name="augment">Whether they are prepared as for training.</param>
    internal virtual JsonElement Fingerprint(Preprocessing preprocessing, bool augment) => JsonElement.Parse("null"u8);

    /// <summary>
    /// Changes the order of an epoch for samples that can't be read in any order without reading much of the rest again: a
    /// function of its arguments alone.
    /// </summary>
    /// <param name="order">The positions of the epoch's samples as they were drawn.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch, counted from 1.</param>
    internal virtual int[] Arrange(int[] order, int seed, int epoch) => order;

    /// <summary>Says in words how training augments samples for what a network expects.</summary>
    internal virtual string DescribeAugmentation(Preprocessing preprocessing) => "as the dataset does";

    /// <summary>Describes the same as data; null where it isn't known, or nothing is done.</summary>
    internal virtual JsonElement? Augmentation(Preprocessing preprocessing) => null;

    /// <summary>What a sample is called in lists for people: its file, if it has one, else its position.</summary>
    internal virtual string NameOf(int index) => $"{index}";

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
    /// The first samples. A folder lists class after class, so for a small sample of every class use
    /// <c>Split(fraction).Train</c>.
    /// </summary>
    /// <param name="count">How many, at least 1; all, where there are fewer.</param>
    public virtual Dataset Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return Subset([.. Enumerable.Range(0, Math.Min(count, Count))]);
    }

    /// <summary>All samples but some, with the same classes.</summary>
    /// <param name="indices">The positions of those that are left out, in any order, each in <c>[0, Count)</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public virtual Dataset Without(IEnumerable<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        var left = indices.ToHashSet();
        foreach (var index in left)
            RequireSample(index, nameof(indices));
        return Subset([.. Enumerable.Range(0, Count).Where(index => !left.Contains(index))]);
    }

    /// <summary>The same samples, some with another class.</summary>
    /// <param name="classes">
    /// The new class, one of <see cref="ClassNames"/>, of each sample that gets one, by its position.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    /// <exception cref="ArgumentException">There is no such class; the message has the nearest names.</exception>
    /// <exception cref="InvalidOperationException">The samples don't have exactly one class each.</exception>
    public virtual Dataset Relabel(IReadOnlyDictionary<int, string> classes) =>
        new RelabeledDataset(this, RelabeledTargets(classes));

    /// <inheritdoc cref="Relabel" path="/param|/exception"/>
    /// <summary>The targets of the same samples, some with another class.</summary>
    internal Targets RelabeledTargets(IReadOnlyDictionary<int, string> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        int[] labels = [.. Labels];
        foreach (var (index, name) in classes)
        {
            RequireSample(index, nameof(classes));
            labels[index] = ClassOrder.Positions([name], ClassNames)[0];
            if (labels[index] < 0)
                throw new ArgumentException(
                    $"The dataset has no class '{name}'.{NearestNames.Hint(name, ClassNames)} It has "
                    + $"{ClassOrder.Show(ClassNames)}.",
                    nameof(classes));
        }
        return Targets.Classes(labels, ClassNames.Count);
    }

    /// <summary>
    /// Splits into a part for training and a part for validation, stratified: each class is divided in the same proportion,
    /// as nearly as whole samples allow, and each part with at least one sample a class where the class has two or more; the only
    /// sample of a class is for training. Samples with several classes count for their rarest, those of a regression for the
    /// tenth of the samples that their first number is in. The same seed gives the same split.
    /// </summary>
    /// <param name="trainFraction">The share of samples for training, between 0 and 1, both excluded.</param>
    /// <param name="seed">Decides which samples go where.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainFraction"/> is not between 0 and 1.</exception>
    public virtual DatasetSplit Split(double trainFraction, int seed = 0)
    {
        var (strata, count) = Targets.Strata();
        var (train, validation) = StratifiedSplit.Of(strata, count, trainFraction, seed, keepSingle: HasOneClassASample);
        return new DatasetSplit(Subset(train), Subset(validation));
    }

    /// <summary>
    /// Splits so that no group has samples in both parts: samples of one patient, plant or camera belong together, as a model
    /// would recognize them. Sizes and classes come as near to the proportion as whole groups allow.
    /// </summary>
    /// <param name="trainFraction">The share of samples for training, between 0 and 1, both excluded.</param>
    /// <param name="groups">The group of every sample.</param>
    /// <param name="seed">Decides between groups that would fit as well.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainFraction"/> is not between 0 and 1.</exception>
    /// <exception cref="ArgumentException">There are fewer than two groups, or not as many entries as samples.</exception>
    public virtual DatasetSplit SplitByGroup(double trainFraction, IReadOnlyList<string> groups, int seed = 0)
    {
        StratifiedSplit.CheckFraction(trainFraction);
        return Divide(GroupedSplit.Of(Targets, groups, [1 - trainFraction, trainFraction], seed), validation: 0);
    }

    /// <summary>
    /// Splits for cross-validation (Kohavi, 1995): every sample is in the validation part of exactly one of the splits,
    /// stratified as <see cref="Split"/> is. The only sample of a class is in none, as nothing would be left to
    /// learn the class from.
    /// </summary>
    /// <param name="k">The number of splits, from 2 to the number of samples.</param>
    /// <param name="seed">Decides which samples go where.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 2 or above the number of samples.</exception>
    /// <exception cref="ArgumentException">Fewer than <paramref name="k"/> samples are of a class with two or more.</exception>
    public virtual IReadOnlyList<DatasetSplit> KFold(int k, int seed = 0)
    {
        CheckFolds(k);
        var (strata, count) = Targets.Strata();
        var folds = StratifiedSplit.Folds(strata, count, k, keepSingle: HasOneClassASample, seed);
        if (folds.Count(fold => fold != StratifiedSplit.NeverHeldOut) is var divided && divided < k)
            throw new ArgumentException($"{divided} samples can't be split {k} ways; the others are each the only one of a "
                + "class, which can't be held out.", nameof(k));
        return Folds(k, folds);
    }

    /// <summary>
    /// Splits for cross-validation so that no group has samples in both parts of a split. A group that has all samples of a class
    /// is in no validation part, as nothing would be left to learn the class from.
    /// </summary>
    /// <param name="k">The number of splits, from 2 to the number of groups.</param>
    /// <param name="groups">The group of every sample.</param>
    /// <param name="seed">Decides between groups that would fit as well.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 2 or above the number of samples.</exception>
    /// <exception cref="ArgumentException">
    /// There are fewer than <paramref name="k"/> groups, or not as many entries as samples.
    /// </exception>
    public virtual IReadOnlyList<DatasetSplit> KFoldByGroup(int k, IReadOnlyList<string> groups, int seed = 0)
    {
        CheckFolds(k);
        return Folds(k, GroupedSplit.Of(Targets, groups, [.. Enumerable.Repeat(1.0 / k, k)], seed, HasOneClassASample));
    }

    private void RequireSample(int index, string parameter)
    {
        if ((uint)index >= (uint)Count)
            throw new ArgumentOutOfRangeException(parameter, index, $"Positions lie in [0, {Count}).");
    }

    private bool HasOneClassASample => Targets.Definition.HasOneClass;

    private DatasetSplit[] Folds(int k, int[] folds) => [.. Enumerable.Range(0, k).Select(fold => Divide(folds, fold))];

    private DatasetSplit Divide(int[] parts, int validation) => new(
        Subset([.. Enumerable.Range(0, Count).Where(i => parts[i] != validation)]),
        Subset([.. Enumerable.Range(0, Count).Where(i => parts[i] == validation)]));

    private void CheckFolds(int k)
    {
        if (k < 2 || k > Count)
            throw new ArgumentOutOfRangeException(nameof(k), k, $"{Count} samples can be split 2 to {Count} ways.");
    }
}

/// <summary>
/// The two parts of a split dataset. Training reads the first with augmentation, evaluation the second without.
/// </summary>
/// <param name="Train">The samples to train on.</param>
/// <param name="Validation">The samples held out.</param>
public record DatasetSplit(Dataset Train, Dataset Validation)
{
    /// <summary><c>216 training and 54 validation samples</c></summary>
    public override string ToString() => $"{Train.Count} training and {Validation.Count} validation samples";
}
