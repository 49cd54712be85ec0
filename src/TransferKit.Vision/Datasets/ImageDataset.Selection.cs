namespace TransferKit.Vision;

public partial class ImageDataset
{
    /// <inheritdoc/>
    public override ImageDataset Subset(IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        var sources = new ImageSource[indices.Count];
        for (var i = 0; i < indices.Count; i++)
        {
            if ((uint)indices[i] >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(indices), indices[i], $"Positions lie in [0, {Count}).");
            sources[i] = _sources[indices[i]];
        }

        return new ImageDataset(_classNames, sources, Targets.Subset(indices), Options, Cache, _skipped, Ignored);
    }

    /// <inheritdoc/>
    public override ImageDataset Take(int count) => (ImageDataset)base.Take(count);

    /// <inheritdoc/>
    public override ImageDataset Without(IEnumerable<int> indices) => (ImageDataset)base.Without(indices);

    /// <inheritdoc/>
    public override ImageDataset Relabel(IReadOnlyDictionary<int, string> classes) =>
        With(_classNames, RelabeledTargets(classes));

    /// <summary>The samples for which a condition holds.</summary>
    /// <param name="condition">Decides by the picture.</param>
    public ImageDataset Filter(Func<ImageSource, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Subset([.. Enumerable.Range(0, Count).Where(i => condition(_sources[i]))]);
    }

    /// <summary>The samples for which a condition holds.</summary>
    /// <param name="condition">Decides by the picture and the name of its class.</param>
    /// <exception cref="InvalidOperationException">The samples don't have exactly one class each.</exception>
    public ImageDataset Filter(Func<ImageSource, string, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Subset([.. Enumerable.Range(0, Count).Where(i => condition(_sources[i], _classNames[Labels[i]]))]);
    }

    /// <summary>These samples, then those of another dataset. Options and cache are this one's.</summary>
    /// <param name="other">A dataset with the same classes in the same order.</param>
    /// <exception cref="ArgumentException">It has other classes, or another kind of targets.</exception>
    public ImageDataset Concat(ImageDataset other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Targets.Task != Targets.Task)
            throw new ArgumentException($"{Targets.Task} and {other.Targets.Task} can't be put together.", nameof(other));
        if (!other._classNames.SequenceEqual(_classNames))
            throw new ArgumentException(
                $"The classes are {string.Join(", ", _classNames)} here and {string.Join(", ", other._classNames)} there; "
                + $"give both the same, in the same order, with {nameof(MapClasses)}.",
                nameof(other));
        return new ImageDataset(
            _classNames, [.. _sources, .. other._sources], Targets.Concat(other.Targets), Options, Cache, _skipped,
            [.. Ignored.Union(other.Ignored)]);
    }

    /// <summary>
    /// Gives classes other names. Classes that get the same name become one, those that get none are dropped: with the samples
    /// that have no other.
    /// </summary>
    /// <param name="names">The new name of each class that gets another one, or null to drop it; the rest stay.</param>
    /// <param name="order">The new classes in the order of their labels; by default in the order of the old ones.</param>
    /// <exception cref="ArgumentException">
    /// There is no such class, or the order does not name the new classes once each.
    /// </exception>
    /// <exception cref="InvalidOperationException">The targets are numbers and not classes, or no class is left.</exception>
    public ImageDataset MapClasses(IReadOnlyDictionary<string, string?> names, IReadOnlyList<string>? order = null)
    {
        ArgumentNullException.ThrowIfNull(names);
        return ClassMap.Apply(this, names, order);
    }

    /// <inheritdoc/>
    public override ImageSplit Split(double trainFraction, int seed = 0) => new(base.Split(trainFraction, seed));

    /// <inheritdoc/>
    public override ImageSplit SplitByGroup(double trainFraction, IReadOnlyList<string> groups, int seed = 0) =>
        new(base.SplitByGroup(trainFraction, groups, seed));

    /// <inheritdoc/>
    public override IReadOnlyList<ImageSplit> KFold(int k, int seed = 0) =>
        [.. base.KFold(k, seed).Select(split => new ImageSplit(split))];

    /// <inheritdoc/>
    public override IReadOnlyList<ImageSplit> KFoldByGroup(int k, IReadOnlyList<string> groups, int seed = 0) =>
        [.. base.KFoldByGroup(k, groups, seed).Select(split => new ImageSplit(split))];

    /// <summary>
    /// The group of every picture, for <see cref="SplitByGroup"/> and <see cref="KFoldByGroup"/>: pictures of one patient, plant
    /// or camera belong together, as a model would recognize them.
    /// </summary>
    /// <param name="group">Tells the group of a picture, such as a part of its file's name.</param>
    public IReadOnlyList<string> GroupsBy(Func<ImageSource, string> group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return Array.ConvertAll(_sources, source => group(source));
    }

    /// <summary>Splits by a fixed list, such as one that was published with the pictures.</summary>
    /// <param name="validation">
    /// The pictures to validate on: whole paths, or as much of their ends as tells them apart
    /// (<c>roses/12.jpg</c>). The rest is for training.
    /// </param>
    /// <exception cref="ArgumentException">An entry fits no picture, or several; or one part would be empty.</exception>
    public ImageSplit SplitByNames(IEnumerable<string> validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        var listed = SourceNames.Find(_sources, validation);
        if (listed.Count == 0 || listed.Count == Count)
            throw new ArgumentException(
                $"The list names {listed.Count} of {Count} pictures, which leaves one of the parts empty.", nameof(validation));
        return new(new DatasetSplit(
            Subset([.. Enumerable.Range(0, Count).Where(i => !listed.Contains(i))]),
            Subset([.. Enumerable.Range(0, Count).Where(listed.Contains)])));
    }
}
