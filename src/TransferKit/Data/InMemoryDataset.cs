using System.Text.Json;
using TorchSharp;

namespace TransferKit;

/// <summary>Samples that lie in memory as tensors, ready for the network: nothing is decoded, resized or augmented.</summary>
public sealed class InMemoryDataset : Dataset
{
    private readonly torch.Tensor _images;
    private readonly int[] _positions;

    /// <summary>Creates a dataset over tensors, which stay the caller's.</summary>
    /// <param name="images">float32 <c>[N, C, H, W]</c>, normalized.</param>
    /// <param name="labels">The label of each image, in <c>[0, classNames.Count)</c>.</param>
    /// <param name="classNames">The names of the classes.</param>
    /// <exception cref="ArgumentException">The counts don't agree, or a label is out of range.</exception>
    public InMemoryDataset(torch.Tensor images, IReadOnlyList<int> labels, IReadOnlyList<string> classNames)
        : this(
            images, Targets.Classes(labels, classNames?.Count ?? throw new ArgumentNullException(nameof(classNames))), classNames)
    {
    }

    /// <summary>Creates a dataset over tensors, which stay the caller's.</summary>
    /// <param name="images">float32 <c>[N, C, H, W]</c>, normalized.</param>
    /// <param name="targets">The target of each image.</param>
    /// <param name="classNames">The names of the classes, or of the numbers of a regression.</param>
    /// <exception cref="ArgumentException">The counts don't agree.</exception>
    public InMemoryDataset(torch.Tensor images, Targets targets, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(classNames);
        if (images.dim() != 4 || images.shape[0] != targets.Count)
            throw new ArgumentException(
                $"{targets.Count} targets need images of shape [{targets.Count}, C, H, W], "
                + $"not [{string.Join(", ", images.shape)}].",
                nameof(images));
        if (targets.Outputs != classNames.Count)
            throw new ArgumentException(
                $"{targets.Outputs} outputs need as many names, not {classNames.Count}.", nameof(classNames));
        (_images, Targets, _positions, ClassNames) = (images, targets, [.. Enumerable.Range(0, targets.Count)], [.. classNames]);
    }

    private InMemoryDataset(InMemoryDataset source, IReadOnlyList<int> indices)
    {
        (_images, ClassNames, Targets) = (source._images, source.ClassNames, source.Targets.Subset(indices));
        _positions = [.. indices.Select(index => source._positions[index])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override Targets Targets { get; }

    internal override string DescribeAugmentation(Preprocessing preprocessing) => "no";

    /// <inheritdoc/>
    internal override JsonElement Fingerprint(Preprocessing preprocessing, bool augment)
    {
        // Evenly spread samples tell other images from these, and all of them may be many gigabytes.
        var looked = Math.Min(64, Count);
        using var scope = torch.NewDisposeScope();
        var checksum = 0u;
        for (var i = 0; i < looked; i++)
            checksum = Crc32.Append(checksum, _images[_positions[(long)i * Count / looked]].cpu().contiguous().bytes);
        return JsonSerializer.SerializeToElement($"{checksum:x8}", PreprocessingJson.Default.String);
    }

    /// <inheritdoc/>
    public override Dataset Subset(IReadOnlyList<int> indices) => new InMemoryDataset(this, indices);

    /// <inheritdoc/>
    public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.CheckView();
        if (options.TestTimeAugmentation is { Kind: not ViewKind.Flip } augmentation)
            throw new ArgumentException(
                $"Samples that lie in memory as tensors have no {augmentation} views; use {nameof(TestTimeAugmentation.Flip)}.",
                nameof(options));
        return ReadBatches(options, mirrored: options.TestTimeAugmentation is not null && options.View == 1, cancellationToken);
    }

    private IEnumerable<Batch> ReadBatches(ReadOptions options, bool mirrored, CancellationToken cancellationToken)
    {
        foreach (var (_, indices, _) in options.BatchesOf(Count))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var positions = torch.tensor(indices.Select(index => (long)_positions[index]).ToArray());
            var images = _images.index_select(0, positions);
            if (mirrored)
            {
                using var unmirrored = images;
                images = unmirrored.flip(3);
            }
            yield return new Batch(images.DetachFromDisposeScope(), Targets.ToTensor(indices), indices);
        }
    }
}
