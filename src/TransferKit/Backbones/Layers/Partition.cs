using TorchSharp;

namespace TransferKit;

/// <summary>
/// Cuts a feature map into groups of S × S pixels, <c>[N, C, H, W]</c> → <c>[N, G, S · S, C]</c>, runs layers on the groups,
/// and puts the map together again (Tu et al., 2022).
/// </summary>
public sealed class Partition : Layer
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

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        var (rows, columns) = (input.shape[2] / _size, input.shape[3] / _size);
        // [N, C, rows, S, columns, S] where a window lies together, [N, C, S, rows, S, columns] where it is spread out.
        var isWindow = _kind == PartitionKind.Window;
        var cut = isWindow
            ? input.unflatten(3, [columns, _size]).unflatten(2, [rows, _size]).permute(0, 2, 4, 3, 5, 1)
            : input.unflatten(3, [_size, columns]).unflatten(2, [_size, rows]).permute(0, 3, 5, 2, 4, 1);
        var groups = _layers.Forward(cut.flatten(3, 4).flatten(1, 2)).unflatten(2, [_size, _size]).unflatten(1, [rows, columns]);
        var joined = isWindow ? groups.permute(0, 5, 1, 3, 2, 4) : groups.permute(0, 5, 3, 1, 4, 2);
        return joined.flatten(4, 5).flatten(2, 3).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit)
    {
        if (input.Rank != 3 || input[1] % _size != 0 || input[2] % _size != 0)
            throw new ArgumentException(
                $"A sample of shape {input} can't be cut into groups of {_size} × {_size} pixels: "
                + $"MaxViT takes images whose height and width are multiples of {32 * _size} px.", nameof(input));
        var groups = new Shape(input[1] * input[2] / (_size * _size), _size * _size, input[0]);
        var output = _layers.OutputShape(groups, visit);
        return output == groups
            ? input
            : throw new ArgumentException($"The layers of a partition turned {groups} into {output}.", nameof(input));
    }

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var (channels, height, width) = (input.Sizes[1], input.Sizes[2], input.Sizes[3]);
        var (rows, columns) = (height / _size, width / _size);
        var isWindow = _kind == PartitionKind.Window;
        var cut = isWindow
            ? graph.Transpose(graph.Reshape(input, OnnxValue.Batch, channels, rows, _size, columns, _size), 0, 2, 4, 3, 5, 1)
            : graph.Transpose(graph.Reshape(input, OnnxValue.Batch, channels, _size, rows, _size, columns), 0, 3, 5, 2, 4, 1);
        var groups = _layers.Emit(graph, graph.Reshape(cut, OnnxValue.Batch, rows * columns, _size * _size, channels));
        var pixels = graph.Reshape(groups, OnnxValue.Batch, rows, columns, _size, _size, channels);
        var joined = isWindow ? graph.Transpose(pixels, 0, 5, 1, 3, 2, 4) : graph.Transpose(pixels, 0, 5, 3, 1, 4, 2);
        return graph.Reshape(joined, [.. input.Sizes]);
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
