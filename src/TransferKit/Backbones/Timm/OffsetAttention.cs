using TorchSharp;

namespace TransferKit.Timm;

/// <summary>
/// Multi-head self-attention of the pixels of a square map, with a number for each head and each distance of two pixels, down and
/// across, on top of their score, <c>[N, S · S, F]</c> → <c>[N, S · S, F']</c> (Graham et al., 2021).
/// </summary>
internal sealed class OffsetAttention : Layer
{
    private readonly int _side, _heads, _keyFeatures, _valueFeatures;
    private readonly Child _projection, _output;
    private readonly OffsetBias _bias;

    /// <summary>Creates an attention.</summary>
    /// <param name="side">Height and width of the map, S, in pixels.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="keyFeatures">Features of a head's keys, K.</param>
    /// <param name="valueFeatures">Features of a head's values, V.</param>
    /// <param name="projection">
    /// Makes queries, keys and values, head by head, <c>[N, S · S, F]</c> → <c>[N, S · S, heads · (2 · K + V)]</c>.
    /// </param>
    /// <param name="output">What the heads' results go through, <c>[N, S · S, heads · V]</c> → <c>[N, S · S, F']</c>.</param>
    public OffsetAttention(int side, int heads, int keyFeatures, int valueFeatures, Child projection, Child output)
    {
        (_side, _heads, _keyFeatures, _valueFeatures) = (side, heads, keyFeatures, valueFeatures);
        (_projection, _output, _bias) = (projection, output, new OffsetBias(side, heads));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [_bias, _projection, _output];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = AttentionHeads.SizesOfPixels(ops, input, _side);
        var packed = ops.Reshape(
            ops.Run(_projection.Layer, input), sizes[0], sizes[1], _heads, 2 * _keyFeatures + _valueFeatures);
        var parts = ops.Split(ops.Permute(packed, 0, 2, 1, 3), 3, _keyFeatures, _keyFeatures, _valueFeatures);
        return ops.Run(_output.Layer, ops.Attention(parts[0], parts[1], parts[2], ops.Cast(_bias.Of(ops), input)));
    }
}

/// <summary>
/// What the distance of two pixels of a square map, down and across, adds to their score, learned for each head.
/// </summary>
internal sealed class OffsetBias : Layer
{
    private readonly int _side, _heads, _stride;
    private readonly Weight _table;
    private readonly long[] _rows;

    /// <summary>Creates a bias; its parameter is named <c>attention_biases</c>.</summary>
    /// <param name="side">Height and width of the map, S, in pixels.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="stride">The step from one pixel that asks to the next, R.</param>
    public OffsetBias(int side, int heads, int stride = 1)
    {
        (_side, _heads, _stride) = (side, heads, stride);
        _table = AddParameter("attention_biases", [heads, side * side], Initialize.Zeros, decays: false);
        _table.ShapeAdapter = new(
            shape => shape is [var count, var offsets] && count == heads && TokenEmbedding.Side(offsets) is not null, Resample);
        _rows =
        [
            .. from row in Places(stride)
               from column in Places(stride)
               from keyRow in Places(1)
               from keyColumn in Places(1)
               select (long)(Math.Abs(row - keyRow) * side + Math.Abs(column - keyColumn)),
        ];

        IEnumerable<int> Places(int step) => Enumerable.Range(0, (side + step - 1) / step).Select(i => i * step);
    }

    /// <summary>The biases, <c>[1, heads, ⌈S / R⌉², S²]</c>.</summary>
    public T Of<T>(Operations<T> ops)
        where T : class => ops.Run(this, ops.Weight(_table));

    /// <summary>
    /// Numbers for a map of another size, interpolated as timm's <c>resize_rel_pos_bias_table_levit</c> does it.
    /// </summary>
    private torch.Tensor Resample(torch.Tensor numbers)
    {
        using var scope = torch.NewDisposeScope();
        var old = TokenEmbedding.Side(numbers.shape[1])!.Value;
        var map = numbers.to_type(torch.ScalarType.Float32).reshape(1, _heads, old, old);
        return TokenEmbedding.ResampleMap(map, _side, _side).reshape(_heads, _side * _side).MoveToOuterDisposeScope();
    }

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var asking = (_side + _stride - 1) / _stride;
        var rows = ops.Rows(ops.Permute(input, 1, 0), _rows);
        return ops.Permute(ops.Reshape(rows, 1, asking * asking, _side * _side, _heads), 0, 3, 1, 2);
    }
}
