namespace TransferKit.Vision;

/// <summary>Pictures with a label each, decoded and transformed as they are read.</summary>
public class ImageDataset : Dataset
{
    private readonly string[] _classNames;
    private readonly ImageSource[] _sources;
    private readonly int[] _labels;

    private protected ImageDataset(string[] classNames, ImageSource[] sources, int[] labels)
    {
        _classNames = classNames;
        _sources = sources;
        _labels = labels;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => _classNames;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Labels => _labels;

    /// <summary>Where the picture of every sample comes from; its <see cref="ImageSource.Name"/> is the file's path.</summary>
    public IReadOnlyList<ImageSource> Sources => _sources;

    /// <inheritdoc/>
    public override ImageDataset Subset(IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        var sources = new ImageSource[indices.Count];
        var labels = new int[indices.Count];
        for (var i = 0; i < indices.Count; i++)
        {
            if ((uint)indices[i] >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(indices), indices[i], $"Positions lie in [0, {Count}).");
            sources[i] = _sources[indices[i]];
            labels[i] = _labels[indices[i]];
        }

        return new ImageDataset(_classNames, sources, labels);
    }

    /// <summary>
    /// Reads samples as batches of float32 <c>[N, 3, crop, crop]</c>, decoded and transformed by several threads ahead of the
    /// caller: with <see cref="Transforms.Train"/> where <see cref="ReadOptions.Augment"/> is set, else with
    /// <see cref="Transforms.Evaluate"/>. The batches do not depend on the number of threads.
    /// </summary>
    /// <exception cref="ImageException">A picture can't be read; thrown where its batch would have come.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size or an index is out of range.</exception>
    /// <inheritdoc cref="Dataset.Read"/>
    public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Workers);
        foreach (var index in options.Order)
        {
            if ((uint)index >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(options), index, $"The order names samples outside [0, {Count}).");
        }

        var transforms = options.Augment
            ? Transforms.Train(options.Preprocessing)
            : Transforms.Evaluate(options.Preprocessing);
        return new BatchLoader(_sources, _labels, transforms, options).Read(cancellationToken);
    }
}
