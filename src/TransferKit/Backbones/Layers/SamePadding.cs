namespace TransferKit;

/// <summary>
/// Puts zeros around a feature map as TensorFlow's "same" padding does: as many that a convolution gives ⌈size / stride⌉ pixels,
/// the odd one at the bottom and on the right. It stands in front of a convolution that doesn't pad.
/// </summary>
/// <param name="window">The convolution's kernel, stride and dilation.</param>
internal sealed class SamePadding(Kernel2d window) : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var (down, right) = (Missing(window.Height, ops.Size(input, 2)), Missing(window.Width, ops.Size(input, 3)));
        return down + right == 0
            ? input
            : ops.Pad(input, [0, 0, down / 2, right / 2], [0, 0, down - down / 2, right - right / 2]);
    }

    private static long Missing(KernelAxis axis, long size) =>
        Math.Max(0, ((size + axis.Stride - 1) / axis.Stride - 1) * axis.Stride + axis.Dilation * (axis.Kernel - 1) + 1 - size);
}
