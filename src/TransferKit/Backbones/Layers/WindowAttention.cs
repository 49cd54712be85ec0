namespace TransferKit;

/// <summary>
/// Multi-head self-attention within windows of S × S pixels, <c>[N, H, W, F]</c> → <c>[N, H, W, F]</c> (Liu et al., 2021).
/// The windows may be shifted, so that blocks in turn reach over each other's borders; a map that they don't fill is padded
/// with zeros at the bottom and on the right.
/// </summary>
internal abstract class WindowAttention : Layer
{
    // What pixels that are neighbours by the cyclic shift alone get on top of their score: with it they don't count.
    private const float MaskedLogit = -100;

    private readonly int _features, _size, _shift;

    // The mask for the map of the last input: most inputs have one size.
    private Mask? _mask;

    private protected WindowAttention(int features, int heads, int size, bool shifted)
    {
        AttentionHeads.RequireDivisible(features, heads);
        (_features, Heads, _size, _shift) = (features, heads, size, shifted ? size / 2 : 0);
        Projection = new Linear(features, 3 * features, true, Initialize.TruncatedNormal(0.02), Initialize.Zeros);
        Output = new Linear(features, features, true, Initialize.TruncatedNormal(0.02), Initialize.Zeros);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("qkv", Projection), ("proj", Output)];

    /// <inheritdoc/>
    public override string Kind => _shift > 0 ? $"Shifted{GetType().Name}" : GetType().Name;

    private protected int Heads { get; }

    private protected int Tokens => _size * _size;

    private protected Linear Projection { get; }

    private protected Linear Output { get; }

    /// <summary>Finds queries, keys and values, each <c>[windows, heads, tokens, F / heads]</c>.</summary>
    /// <param name="ops">The operations.</param>
    /// <param name="windows"><c>[windows, tokens, F]</c></param>
    private protected abstract (T Queries, T Keys, T Values) Project<T>(Operations<T> ops, T windows)
        where T : class;

    /// <summary>What the offset between two pixels adds to their score, <c>[1, heads, tokens, tokens]</c>.</summary>
    private protected abstract T PositionBias<T>(Operations<T> ops)
        where T : class;

    protected internal sealed override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4 || sizes[3] != _features)
            throw new ArgumentException(
                $"A window attention over {_features} features can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var (height, width) = (sizes[1], sizes[2]);
        var (rows, columns) = ((height + _size - 1) / _size, (width + _size - 1) / _size);
        var (fullHeight, fullWidth) = (rows * _size, columns * _size);
        var map = fullHeight == height && fullWidth == width
            ? input
            : ops.Pad(input, [0, 0, 0, 0], [0, fullHeight - height, fullWidth - width, 0]);
        // A shift makes no sense along a side that one window fills.
        var (down, right) = (rows > 1 ? _shift : 0, columns > 1 ? _shift : 0);
        var bias = ops.Cast(PositionBias(ops), input);
        if (down + right > 0)
        {
            map = ops.Roll(map, [-down, -right], [1, 2]);
            bias = ops.Add(bias, ops.Constant(input, MaskOf(rows, columns, down, right), rows * columns, 1, Tokens, Tokens));
        }

        var cut = ops.Permute(ops.Reshape(map, sizes[0], rows, _size, columns, _size, _features), 0, 1, 3, 2, 4, 5);
        var (queries, keys, values) = Project(ops, ops.Reshape(cut, Operations<T>.Unknown, Tokens, _features));
        var output = ops.Run(Output, ops.Attention(queries, keys, values, bias));

        var windows = ops.Reshape(output, sizes[0], rows, columns, _size, _size, _features);
        map = ops.Reshape(ops.Permute(windows, 0, 1, 3, 2, 4, 5), sizes[0], fullHeight, fullWidth, _features);
        if (down + right > 0)
            map = ops.Roll(map, [down, right], [1, 2]);
        map = fullHeight == height ? map : ops.Slice(map, 1, 0, height);
        return fullWidth == width ? map : ops.Slice(map, 2, 0, width);
    }

    /// <summary>Keeps apart what the cyclic shift brought together, <c>[windows, 1, tokens, tokens]</c>.</summary>
    private float[] MaskOf(long rows, long columns, int down, int right)
    {
        if (_mask is { } known && known.Rows == rows && known.Columns == columns)
            return known.Values;
        var (top, left) = (Regions(rows, down), Regions(columns, right));
        var values = new float[rows * columns * Tokens * Tokens];
        for (long i = 0; i < values.Length; i++)
        {
            var (window, pair) = (i / (Tokens * Tokens), i % (Tokens * Tokens));
            if (RegionOf(window, pair / Tokens) != RegionOf(window, pair % Tokens))
                values[i] = MaskedLogit;
        }
        _mask = new Mask(rows, columns, values);
        return values;

        (int, int) RegionOf(long window, long token) =>
            (top[window / columns * _size + token / _size], left[window % columns * _size + token % _size]);
    }

    /// <summary>For each pixel along a side: 0 in front of the last window, 1 in that, 2 where it was shifted round.</summary>
    private int[] Regions(long windows, int shift) =>
    [
        .. Enumerable.Range(0, (int)windows * _size).Select(pixel =>
            shift == 0 || pixel < (windows - 1) * _size ? 0 : pixel < windows * _size - shift ? 1 : 2),
    ];

    private sealed record Mask(long Rows, long Columns, float[] Values);
}
