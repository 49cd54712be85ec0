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

    /// <summary>
    /// Fills an index of <c>size⁴</c> rows: for each pixel of a window, and each other, their row in the table.
    /// </summary>
    public static Initializer Index(int size) => index =>
    {
        var rows = from query in Enumerable.Range(0, size * size)
                   from key in Enumerable.Range(0, size * size)
                   select Row(size, query, key);
        index.copy_(torch.tensor(rows.ToArray()).view(index.shape));
    };
}

/// <summary>Looks biases up, <c>[offsets, heads]</c> → <c>[1, heads, tokens, tokens]</c>.</summary>
/// <param name="index"><c>tokens²</c> rows of the table, in any shape.</param>
/// <param name="tokens">Pixels of a window.</param>
internal sealed class RelativePositionBias(Weight index, int tokens) : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var rows = ops.Rows(input, ops.Reshape(ops.Weight(index), (long)tokens * tokens));
        return ops.Permute(ops.Reshape(rows, 1, tokens, tokens, ops.Size(input, 1)), 0, 3, 1, 2);
    }
}
