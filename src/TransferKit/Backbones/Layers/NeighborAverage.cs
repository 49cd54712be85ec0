namespace TransferKit;

/// <summary>
/// The average of the 3 × 3 pixels around each one, <c>[N, C, H, W]</c> → <c>[N, C, H, W]</c>. What lies beyond the map's edge
/// doesn't count. It has no weights.
/// </summary>
/// <param name="isRelative">Whether the pixel itself is taken off it: what mixes pixels in PoolFormer (Yu et al., 2022).</param>
internal sealed class NeighborAverage(bool isRelative = false) : Layer
{
    private const int Size = 3;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var (height, width) = (ops.Size(input, 2), ops.Size(input, 3));
        var shares = new float[height * width];
        for (var i = 0; i < shares.Length; i++)
            shares[i] = Size * Size / (float)(Inside(i / width, height) * Inside(i % width, width));
        // The pooling counts zeros beyond the edge, which is mended here.
        var pooled = ops.Pool(input, PoolKind.Average, new Kernel2d(Size));
        var average = ops.MultiplyInPlace(pooled, ops.Constant(input, shares, 1, 1, height, width));
        return isRelative ? ops.AddInPlace(average, ops.Scale(input, -1)) : average;
    }

    /// <summary>How many of three neighbors in a row lie inside.</summary>
    private static int Inside(long place, long size) => (place > 0 ? 1 : 0) + 1 + (place < size - 1 ? 1 : 0);
}
