using TorchSharp;
using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// Self-attention of a feature map's pixels with scores by content and by the offset of two pixels, <c>[N, C, H, W]</c> →
/// <c>[N, C, H / R, W / R]</c>: over all of a map, which is then averaged (Srinivas et al., 2021).
/// </summary>
internal sealed class BottleneckAttention : Layer
{
    private readonly int _side, _heads, _keyFeatures, _channels;
    private readonly Layer _projection, _offsets, _pool;

    /// <summary>Creates an attention.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="side">Height and width of the map in pixels.</param>
    /// <param name="stride">R</param>
    /// <param name="heads">Heads; they divide the channels.</param>
    /// <param name="keyFeatures">Features of a head's keys.</param>
    public BottleneckAttention(int channels, int side, int stride, int heads, int keyFeatures)
    {
        AttentionHeads.RequireDivisible(channels, heads);
        (_channels, _side, _heads, _keyFeatures) = (channels, side, heads, keyFeatures);
        _projection = Conv(
            channels, 2 * heads * keyFeatures + channels, new Kernel2d(1),
            initializer: Initialize.TruncatedNormal(1 / Math.Sqrt(channels)));
        _offsets = new OffsetScores(side, side, keyFeatures);
        _pool = stride == 1 ? new Identity() : AveragePool(2, 2);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("qkv", _projection), ("pos_embed", _offsets), _pool];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = AttentionHeads.SizesOfMap(ops, input, _side);
        long pixels = _side * _side, keys = _heads * _keyFeatures;
        var parts = ops.Split(ops.Run(_projection, input), 1, keys, keys, _channels);
        var queries = Heads(parts[0]);
        var offsets = ops.Run(_offsets, ops.Reshape(queries, Operations<T>.Unknown, _side, _side, _keyFeatures));
        var attended = ops.Attention(
            queries, Heads(parts[1]), Heads(parts[2]), ops.Reshape(offsets, sizes[0], _heads, pixels, pixels));
        return ops.Run(_pool, ops.Reshape(ops.Permute(attended, 0, 2, 1), sizes[0], _channels, _side, _side));

        T Heads(T map) => ops.Permute(ops.Reshape(map, sizes[0], _heads, ops.Size(map, 1) / _heads, pixels), 0, 1, 3, 2);
    }
}

/// <summary>
/// Self-attention of the pixels of blocks over these and some pixels around them, with scores by content and by the offset of two
/// pixels, <c>[N, C, H, W]</c> → <c>[N, C, H / R, W / R]</c> (Vaswani et al., 2021). Every R-th pixel of a block asks; where R
/// doesn't divide the block all do, and the results are averaged.
/// </summary>
internal sealed class HaloAttention : Layer
{
    private readonly int _channels, _heads, _keyFeatures, _block, _halo, _stride;
    private readonly Layer _queries, _keysAndValues, _offsets, _pool;

    /// <summary>Creates an attention.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="stride">The step from one query to the next, R.</param>
    /// <param name="heads">Heads; they divide the channels.</param>
    /// <param name="keyFeatures">Features of a head's keys.</param>
    /// <param name="block">Height and width of a block in pixels.</param>
    /// <param name="halo">How far a block sees over its edges, in pixels.</param>
    public HaloAttention(int channels, int stride, int heads, int keyFeatures, int block, int halo)
    {
        AttentionHeads.RequireDivisible(channels, heads);
        var averages = block % stride != 0;
        (_channels, _heads, _keyFeatures, _block, _halo, _stride) =
            (channels, heads, keyFeatures, block, halo, averages ? 1 : stride);
        var start = Initialize.TruncatedNormal(1 / Math.Sqrt(channels));
        _queries = Conv(channels, heads * keyFeatures, new Kernel2d(1, _stride), initializer: start);
        _keysAndValues = Conv(channels, heads * keyFeatures + channels, new Kernel2d(1), initializer: start);
        _offsets = new OffsetScores(block / _stride, block + 2 * halo, keyFeatures);
        _pool = averages ? AveragePool(stride, stride) : new Identity();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("q", _queries), ("kv", _keysAndValues), ("pos_embed", _offsets), _pool];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4 || sizes[2] % _block != 0 || sizes[3] % _block != 0)
            throw new ArgumentException(
                $"The attention is over blocks of {_block} × {_block} pixels, and can't take a "
                    + $"sample of shape {ops.Sample(input)}.",
                nameof(input));
        var (rows, columns, asking) = (sizes[2] / _block, sizes[3] / _block, _block / _stride);
        var (groups, window, values) = (_heads * rows * columns, _block + 2 * _halo, _channels / _heads);
        var queries = Blocks(ops.Run(_queries, input), asking);
        var padded = ops.Pad(ops.Run(_keysAndValues, input), [0, 0, _halo, _halo], [0, 0, _halo, _halo]);
        var parts = ops.Split(Blocks(Overlapping(Overlapping(padded, 2, rows), 3, columns), window), 3, _keyFeatures, values);
        var offsets = ops.Run(_offsets, ops.Reshape(queries, Operations<T>.Unknown, asking, asking, _keyFeatures));
        var attended = ops.Attention(
            queries, parts[0], parts[1], ops.Reshape(offsets, sizes[0], groups, asking * asking, window * window));
        var cut = ops.Reshape(attended, sizes[0], asking, asking, _heads, rows, columns, values);
        return ops.Run(_pool, ops.Reshape(
            ops.Permute(cut, 0, 3, 6, 4, 1, 5, 2), sizes[0], _channels, rows * asking, columns * asking));

        // Of [N, heads · D, rows · S, columns · S]: [N, heads · rows · columns, S · S, D].
        T Blocks(T map, long size)
        {
            var width = ops.Size(map, 1) / _heads;
            var blocks = ops.Permute(
                ops.Reshape(map, sizes[0], _heads, width, rows, size, columns, size), 0, 1, 3, 5, 4, 6, 2);
            return ops.Reshape(blocks, sizes[0], groups, size * size, width);
        }

        // Each block's pixels along a dimension with those around them, one block after the other.
        T Overlapping(T map, int dimension, long blocks) => ops.Concat(
            dimension, [.. Enumerable.Range(0, (int)blocks).Select(i => ops.Slice(map, dimension, i * _block, window))]);
    }
}

/// <summary>
/// What queries of a block of B × B pixels say of the offsets to the W × W pixels of the window around it, down and across,
/// <c>[N, B, B, D]</c> → <c>[N, B · B, W · W]</c> (Shaw et al., 2018).
/// </summary>
internal sealed class OffsetScores : Layer
{
    private readonly int _block, _window, _features;
    private readonly Weight _down, _across;
    private readonly long[] _offsets;

    /// <summary>Creates scores by the offset from the query to the key.</summary>
    /// <param name="block">B</param>
    /// <param name="window">W</param>
    /// <param name="features">Features of a query, D.</param>
    public OffsetScores(int block, int window, int features)
        : this(block, window, features, ("height_rel", "width_rel"), Initialize.TruncatedNormal(1 / Math.Sqrt(features)), sign: 1)
    {
    }

    private OffsetScores(
        int block, int window, int features, (string Down, string Across) names, Initializer start, int sign)
    {
        (_block, _window, _features) = (block, window, features);
        _down = AddParameter(names.Down, [2 * window - 1, features], start);
        _across = AddParameter(names.Across, [2 * window - 1, features], start);
        _offsets =
        [
            .. from query in Enumerable.Range(0, block)
               from key in Enumerable.Range(0, window)
               select (long)(window - 1 + sign * (key - query)),
        ];
    }

    /// <summary>
    /// Scores of all pixels of a map of S × S by the offset from the key to the query (Li et al., 2022), which start at zero.
    /// Those for a map of another size are interpolated when they are loaded.
    /// </summary>
    /// <param name="side">S</param>
    /// <param name="features">Features of a query, D.</param>
    public static OffsetScores OfMap(int side, int features)
    {
        var scores = new OffsetScores(side, side, features, ("rel_pos_h", "rel_pos_w"), Initialize.Zeros, sign: -1);
        scores._down.ShapeAdapter = scores._across.ShapeAdapter = new(
            shape => shape is [var rows, var width] && width == features && rows % 2 == 1,
            loaded => Resample(loaded, 2 * side - 1));
        return scores;
    }

    /// <summary>Interpolates <c>[offsets, D]</c> linearly, as timm's <c>get_rel_pos</c> does it.</summary>
    private static torch.Tensor Resample(torch.Tensor loaded, long rows)
    {
        using var scope = torch.NewDisposeScope();
        var lines = loaded.to_type(torch.ScalarType.Float32).transpose(0, 1).unsqueeze(0);
        return torch.nn.functional.interpolate(lines, size: [rows], mode: torch.InterpolationMode.Linear, align_corners: false)
            .squeeze(0).transpose(0, 1).contiguous().MoveToOuterDisposeScope();
    }

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        // Rows, or columns, in front: each has offsets of its own.
        var across = ops.Permute(ops.MatMul(ops.Permute(input, 0, 2, 1, 3), Keys(_across)), 0, 2, 1, 3);
        var down = ops.MatMul(input, Keys(_down));
        var sum = ops.Add(
            ops.Reshape(down, Operations<T>.Unknown, _block, _block, _window, 1),
            ops.Reshape(across, Operations<T>.Unknown, _block, _block, 1, _window));
        return ops.Reshape(sum, Operations<T>.Unknown, _block * _block, _window * _window);

        T Keys(Weight offsets) => ops.Permute(
            ops.Reshape(ops.Rows(ops.Weight(offsets, input), _offsets), 1, _block, _window, _features), 0, 1, 3, 2);
    }
}
