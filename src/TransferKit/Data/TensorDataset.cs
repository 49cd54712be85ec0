using TorchSharp;

namespace TransferKit;

/// <summary>Samples that lie in memory as tensors, ready for the network: nothing is decoded, resized or augmented.</summary>
public sealed class TensorDataset : Dataset
{
    private readonly torch.Tensor _images;
    private readonly int[] _labels;
    private readonly int[] _positions;

    /// <summary>Creates a dataset over tensors, which stay the caller's.</summary>
    /// <param name="images">float32 <c>[N, C, H, W]</c>, normalised.</param>
    /// <param name="labels">The label of each image, in <c>[0, classNames.Count)</c>.</param>
    /// <param name="classNames">The names of the classes.</param>
    /// <exception cref="ArgumentException">The counts don't agree, or a label is out of range.</exception>
    public TensorDataset(torch.Tensor images, IReadOnlyList<int> labels, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classNames);
        if (images.dim() != 4 || images.shape[0] != labels.Count)
            throw new ArgumentException(
                $"{labels.Count} labels need images of shape [{labels.Count}, C, H, W], not [{string.Join(", ", images.shape)}].",
                nameof(images));
        if (labels.FirstOrDefault(label => label < 0 || label >= classNames.Count, 0) is var wrong
            && (wrong < 0 || wrong >= classNames.Count))
            throw new ArgumentException($"The label {wrong} is none of the {classNames.Count} classes.", nameof(labels));
        (_images, _labels, _positions, ClassNames) = (images, [.. labels], [.. Enumerable.Range(0, labels.Count)], [.. classNames]);
    }

    private TensorDataset(TensorDataset source, IEnumerable<int> indices)
    {
        (_images, ClassNames) = (source._images, source.ClassNames);
        _positions = [.. indices.Select(index => source._positions[index])];
        _labels = [.. indices.Select(index => source._labels[index])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Labels => _labels;

    /// <inheritdoc/>
    public override Dataset Subset(IReadOnlyList<int> indices) => new TensorDataset(this, indices);

    /// <inheritdoc/>
    public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var indices in options.Order.Chunk(options.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var positions = torch.tensor(indices.Select(index => (long)_positions[index]).ToArray());
            yield return new Batch(
                _images.index_select(0, positions).DetachFromDisposeScope(),
                torch.tensor(indices.Select(index => (long)_labels[index]).ToArray()).DetachFromDisposeScope());
        }
    }
}
