namespace TransferKit;

/// <summary>
/// Multi-head self-attention within windows of S × S pixels, <c>[N, H, W, F]</c> → <c>[N, H, W, F]</c> (Liu et al., 2021).
/// The windows may be shifted, so that blocks in turn reach over each other's borders; a map that they don't fill is padded
/// with zeros at the bottom and on the right.
/// </summary>
internal sealed class WindowAttention : Layer
{
    // What pixels that are neighbors by the cyclic shift alone get on top of their score: with it they don't count.
    private const float MaskedLogit = -100;

    private readonly int _features, _heads, _size, _shift;
    private readonly Child _projection, _output;
    private readonly PositionBias _bias;

    // The mask for the map of the last input: most inputs have one size.
    private Mask? _mask;

    /// <summary>Creates a window attention of its parts.</summary>
    /// <param name="features">Features of a pixel, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="size">Height and width of a window, S, in pixels.</param>
    /// <param name="shifted">Whether the windows are shifted by half their size.</param>
    /// <param name="projection">Makes queries, keys and values, <c>[N, T, F]</c> → <c>[N, T, 3 · F]</c>.</param>
    /// <param name="output">What the heads' results go through, <c>[N, T, F]</c> → <c>[N, T, F]</c>.</param>
    /// <param name="bias">What is added to the scores.</param>
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public WindowAttention(int features, int heads, int size, bool shifted, Child projection, Child output, PositionBias bias)
    {
        AttentionHeads.RequireDivisible(features, heads);
        (_features, _heads, _size, _shift) = (features, heads, size, shifted ? size / 2 : 0);
        (_projection, _output, _bias) = (projection, output, bias);
    }

    /// <summary>Makes cosines of the scores; null: they are products.</summary>
    public CosineScale? Cosines { get; init; }

    /// <summary>
    /// Whether a map that the windows don't fill is shifted before it is padded, as timm does, and not behind it, as torchvision.
    /// </summary>
    public bool ShiftsFirst { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children =>
        Cosines is null ? [_bias, _projection, _output] : [Cosines, _bias, _projection, _output];

    /// <inheritdoc/>
    public override string Kind => _shift > 0 ? $"Shifted{nameof(WindowAttention)}" : nameof(WindowAttention);

    private int Tokens => _size * _size;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4 || sizes[3] != _features)
            throw new ArgumentException(
                $"A window attention over {_features} features can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var windows = new Windows(_size, sizes[1], sizes[2]);
        var (rows, columns) = (windows.Rows, windows.Columns);
        // A shift makes no sense along a side that one window fills.
        var (down, right) = (rows > 1 ? _shift : 0, columns > 1 ? _shift : 0);
        var map = ShiftsFirst ? windows.Pad(ops, Shifted(input, -1)) : Shifted(windows.Pad(ops, input), -1);
        var bias = ops.InOrder(ops.Cast(_bias.Of(ops), input));
        if (down + right > 0)
            bias = ops.Add(bias, ops.Constant(input, MaskOf(rows, columns, down, right), rows * columns, 1, Tokens, Tokens));

        var projected = ops.Run(_projection.Layer, windows.Cut(ops, map));
        var (queries, keys, values) = AttentionHeads.Split(ops, projected, _heads);
        if (Cosines is not null)
            (queries, keys) = (ops.Run(Cosines, queries), ops.Normalize(keys));
        var output = ops.Run(_output.Layer, ops.Attention(queries, keys, values, bias));

        map = windows.Join(ops, output, sizes[0]);
        return ShiftsFirst ? Shifted(windows.Crop(ops, map), 1) : windows.Crop(ops, Shifted(map, 1));

        T Shifted(T whole, int sign) => down + right > 0 ? ops.Roll(whole, [sign * down, sign * right], [1, 2]) : whole;
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
