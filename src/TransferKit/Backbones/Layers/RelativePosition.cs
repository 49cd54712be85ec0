using TorchSharp;

namespace TransferKit;

/// <summary>
/// Attention biases that depend on how far two pixels of a window lie apart alone (Liu et al., 2021): a table has one row for
/// each of the (2 · size − 1)² offsets, an index tells each pair of pixels its row.
/// </summary>
internal static class RelativePosition
{
    /// <summary>The number of offsets in a window of <c>size × size</c> pixels.</summary>
    public static int Offsets(int size) => (2 * size - 1) * (2 * size - 1);

    /// <summary>The row of two pixels' offset, pixels being counted row by row.</summary>
    public static long Row(int size, int query, int key) =>
        (query / size - key / size + size - 1L) * (2 * size - 1) + query % size - key % size + size - 1;

    /// <summary>For each pixel of a window, and each other, their row in the table: <c>size⁴</c> of them.</summary>
    public static long[] Rows(int size) =>
    [
        .. from query in Enumerable.Range(0, size * size)
           from key in Enumerable.Range(0, size * size)
           select Row(size, query, key),
    ];

    /// <summary>Fills an index with <see cref="Rows"/>.</summary>
    public static Initializer Index(int size) => index => index.copy_(torch.tensor(Rows(size)).view(index.shape));
}

/// <summary>Looks biases up, <c>[offsets, heads]</c> → <c>[1, heads, tokens, tokens]</c>.</summary>
internal sealed class RelativePositionBias : Layer
{
    private readonly int _tokens;
    private readonly Weight? _index;
    private readonly Lazy<long[]>? _rows;

    /// <summary>Looks rows up that are saved with the network.</summary>
    /// <param name="index"><c>tokens²</c> rows of the table, in any shape.</param>
    /// <param name="tokens">Pixels of a window.</param>
    public RelativePositionBias(Weight index, int tokens) => (_index, _tokens) = (index, tokens);

    /// <summary>Looks rows up that aren't.</summary>
    /// <param name="rows"><c>tokens²</c> rows of the table.</param>
    /// <param name="tokens">Pixels of a window.</param>
    public RelativePositionBias(Lazy<long[]> rows, int tokens) => (_rows, _tokens) = (rows, tokens);

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var rows = _index is null
            ? ops.Rows(input, _rows!.Value) : ops.Rows(input, ops.Reshape(ops.Weight(_index), (long)_tokens * _tokens));
        return ops.Permute(ops.Reshape(rows, 1, _tokens, _tokens, ops.Size(input, 1)), 0, 3, 1, 2);
    }
}
