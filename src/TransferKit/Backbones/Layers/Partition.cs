namespace TransferKit;

/// <summary>
/// Cuts a feature map into groups of S × S pixels, <c>[N, C, H, W]</c> → <c>[N, G, S · S, C]</c>, runs layers on the groups,
/// and puts the map together again (Tu et al., 2022).
/// </summary>
internal sealed class Partition : Layer
{
    private readonly PartitionKind _kind;
    private readonly int _size;
    private readonly Sequence _layers;

    /// <summary>Creates a partition.</summary>
    /// <param name="kind">Which pixels make a group.</param>
    /// <param name="size">Height and width of a group, S, in pixels; it divides those of the map.</param>
    /// <param name="layers">The layers that run on the groups, first to last; they keep the shape.</param>
    public Partition(PartitionKind kind, int size, params IReadOnlyList<Child> layers) =>
        (_kind, _size, _layers) = (kind, size, new Sequence(layers));

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => _layers.Children;

    /// <inheritdoc/>
    public override string Kind => $"{_kind}Partition";

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var (batch, channels, height, width) = (ops.Size(input, 0), ops.Size(input, 1), ops.Size(input, 2), ops.Size(input, 3));
        if (height % _size != 0 || width % _size != 0)
            throw new ArgumentException(
                $"A sample of shape {ops.Sample(input)} can't be cut into groups of {_size} × {_size} pixels: height and width "
                + $"of the map must be multiples of {_size}.", nameof(input));
        var (rows, columns) = (height / _size, width / _size);
        // [N, C, rows, S, columns, S] where a window lies together, [N, C, S, rows, S, columns] where it is spread out.
        var isWindow = _kind == PartitionKind.Window;
        var cut = isWindow
            ? ops.Permute(ops.Reshape(input, batch, channels, rows, _size, columns, _size), 0, 2, 4, 3, 5, 1)
            : ops.Permute(ops.Reshape(input, batch, channels, _size, rows, _size, columns), 0, 3, 5, 2, 4, 1);
        var groups = ops.Run(_layers, ops.Reshape(cut, batch, rows * columns, _size * _size, channels));
        var pixels = ops.Reshape(groups, batch, rows, columns, _size, _size, channels);
        var joined = isWindow ? ops.Permute(pixels, 0, 5, 1, 3, 2, 4) : ops.Permute(pixels, 0, 5, 3, 1, 4, 2);
        return ops.Reshape(joined, batch, channels, height, width);
    }
}

/// <summary>Which pixels of a map make a group.</summary>
public enum PartitionKind
{
    /// <summary>Those of a square window.</summary>
    Window,

    /// <summary>Those of a grid that spans the whole map, a step of 1 / S of its size apart.</summary>
    Grid,
}
