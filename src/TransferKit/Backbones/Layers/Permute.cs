namespace TransferKit;

/// <summary>Puts the dimensions of a sample into another order.</summary>
internal sealed class Permute : Layer
{
    private readonly int[] _order;
    private readonly long[] _batchOrder;

    /// <summary>Creates a permutation.</summary>
    /// <param name="order">
    /// For each dimension of the output the dimension of the input that it is, without the batch:
    /// <c>1, 2, 0</c> turns <c>[C, H, W]</c> into <c>[H, W, C]</c>.
    /// </param>
    /// <exception cref="ArgumentException">The order doesn't name each dimension once.</exception>
    public Permute(params int[] order)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (!order.Order().SequenceEqual(Enumerable.Range(0, order.Length)))
            throw new ArgumentException("A permutation names each dimension, from 0 on, once.", nameof(order));
        (_order, _batchOrder) = ([.. order], [0, .. order.Select(dimension => dimension + 1L)]);
    }

    /// <summary>For each dimension of the output the dimension of the input that it is, without the batch.</summary>
    internal IReadOnlyList<int> Order => _order;

    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.Sizes(input).Count == _batchOrder.Length
            ? ops.Permute(input, _batchOrder)
            : throw new ArgumentException($"A permutation of {_order.Length} dimensions can't take a sample of shape "
                + $"{ops.Sample(input)}.", nameof(input));
}
