namespace TransferKit;

/// <summary>
/// A convolution without biases whose kernels are brought to a mean of zero and a variance of one, each by itself, whenever it
/// runs (Qiao et al., 2019).
/// </summary>
internal sealed class StandardizedConv : Conv
{
    private readonly double _epsilon;

    /// <summary>Creates a convolution.</summary>
    /// <param name="from">Input channels.</param>
    /// <param name="to">Output channels.</param>
    /// <param name="window">Kernel, stride, padding and dilation.</param>
    /// <param name="epsilon">Added to the variance before the root.</param>
    /// <param name="initializer">How the kernels start.</param>
    public StandardizedConv(int from, int to, Kernel2d window, double epsilon, Initializer initializer)
        : base(from, to, window, initializer: initializer) => _epsilon = epsilon;

    private protected override T Kernel<T>(Operations<T> ops, T input)
    {
        var kernel = base.Kernel(ops, input);
        var sizes = ops.Sizes(kernel);
        var length = (int)(sizes[1] * sizes[2] * sizes[3]);
        var (ones, zeros) = (new float[length], new float[length]);
        Array.Fill(ones, 1);
        var rows = ops.LayerNorm(ops.Reshape(kernel, sizes[0], length), ops.Constant(input, ones, length),
            ops.Constant(input, zeros, length), _epsilon);
        return ops.Reshape(rows, [.. sizes]);
    }

    // A batch norm behind it can't be told by its kernels.
    internal override bool TryFuse(Layer next) => false;
}
