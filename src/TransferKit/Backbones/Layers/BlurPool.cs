namespace TransferKit;

/// <summary>
/// Blurs each channel with a binomial kernel of 3 × 3 px before it takes every stride-th pixel, so that shifted images give
/// shifted maps (Zhang, 2019). The map is reflected at its edges. It has no weights.
/// </summary>
/// <param name="stride">The step from one output to the next.</param>
internal sealed class BlurPool(int stride = 2) : Layer
{
    private static readonly float[] Binomial = [1 / 16f, 2 / 16f, 1 / 16f, 2 / 16f, 4 / 16f, 2 / 16f, 1 / 16f, 2 / 16f, 1 / 16f];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var channels = (int)ops.Size(input, 1);
        var kernel = ops.Constant(input, [.. Enumerable.Repeat(Binomial, channels).SelectMany(row => row)], channels, 1, 3, 3);
        var reflected = Reflect(ops, Reflect(ops, input, 2), 3);
        return ops.Convolution(reflected, kernel, null, new Kernel2d(3, stride, padding: 0), channels);
    }

    /// <summary>Puts one pixel in front and behind, the neighbor of the outermost one.</summary>
    private static T Reflect<T>(Operations<T> ops, T map, int dimension)
        where T : class
    {
        var size = ops.Size(map, dimension);
        return size > 1
            ? ops.Concat(dimension, ops.Slice(map, dimension, 1, 1), map, ops.Slice(map, dimension, size - 2, 1))
            : throw new ArgumentException(
                $"A map of {ops.Sample(map)} is too small to be reflected at its edges: use larger images.", nameof(map));
    }
}
