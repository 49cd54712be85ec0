namespace TransferKit;

/// <summary>
/// What the offset between two patches of a square image adds to their score, learned for each head; a class token in front has
/// three numbers of its own: from it, to it, and with itself (Bao et al., 2022).
/// </summary>
internal sealed class RelativeTokenBias : PositionBias
{
    private const int OfClassToken = 3;

    private readonly int _side, _heads;
    private readonly Lazy<long[]> _rows;
    private readonly Weight _table;

    /// <summary>Creates a bias; its parameter is named <c>relative_position_bias_table</c>.</summary>
    /// <param name="side">Patches along each side of the image.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="rows">What <see cref="Rows"/> gives; all attentions of a network share it, for it is large.</param>
    public RelativeTokenBias(int side, int heads, Lazy<long[]> rows)
    {
        (_side, _heads, _rows) = (side, heads, rows);
        _table = AddParameter("relative_position_bias_table",
            [RelativePosition.Offsets(side) + OfClassToken, heads], Initialize.Zeros, decays: false);
        _table.ShapeAdapter = RelativeResampling.OfTable(side, heads, OfClassToken);
    }

    public override T Of<T>(Operations<T> ops) => ops.Run(this, ops.Weight(_table));

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var tokens = 1 + _side * _side;
        var rows = ops.Rows(input, _rows.Value);
        return ops.Permute(ops.Reshape(rows, 1, tokens, tokens, _heads), 0, 3, 1, 2);
    }

    /// <summary>For each token, and each other, their row in the table.</summary>
    /// <param name="side">Patches along each side of the image.</param>
    public static long[] Rows(int side)
    {
        var (offsets, tokens) = (RelativePosition.Offsets(side), 1 + side * side);
        var index = new long[tokens * tokens];
        for (var i = 0; i < index.Length; i++)
        {
            var (query, key) = (i / tokens - 1, i % tokens - 1);
            index[i] = (query, key) switch
            {
                (-1, -1) => offsets + 2,
                (_, -1) => offsets + 1,
                (-1, _) => offsets,
                _ => RelativePosition.Row(side, query, key),
            };
        }
        return index;
    }
}
