namespace TransferKit.Timm;

/// <summary>
/// A bias for every offset between two pixels of a window, learned for each head, as MaxViT has it in TensorFlow (Tu et al.,
/// 2022): its table <c>[heads, 2 · S − 1, 2 · S − 1]</c> counts offsets from the query to the key, and not from the key to the
/// query.
/// </summary>
internal sealed class GridTableBias : PositionBias
{
    private readonly Weight _table;
    private readonly RelativePositionBias _lookUp;

    /// <summary>Creates a bias; its parameter is named <c>relative_position_bias_table</c>.</summary>
    /// <param name="size">Height and width of a window, S, in pixels.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="rows">
    /// <see cref="RelativePosition.Rows"/>, which the attentions of a network share, for they are many.
    /// </param>
    public GridTableBias(int size, int heads, Lazy<long[]> rows)
    {
        var side = 2 * size - 1;
        _table = AddParameter("relative_position_bias_table", [heads, side, side], Initialize.Normal(0.02), decays: false);
        _table.ShapeAdapter = RelativeResampling.OfGrid(size, heads);
        _lookUp = new RelativePositionBias(rows, size * size);
    }

    public override T Of<T>(Operations<T> ops) => ops.Run(this, ops.Weight(_table));

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var offsets = ops.Permute(ops.Reshape(input, _table.Shape[0], _table.Shape[1] * _table.Shape[2]), 1, 0);
        // The two pixels change places.
        return ops.Permute(ops.Run(_lookUp, offsets), 0, 1, 3, 2);
    }
}
