namespace TransferKit;

/// <summary>
/// A convolution along the channels of <c>[N, C, 1, 1]</c>, with one kernel and no bias: what weighs channels in efficient
/// channel attention (Wang et al., 2020).
/// </summary>
internal sealed class ChannelConvolution : Layer
{
    private readonly int _kernel;
    private readonly Weight _weight;

    /// <summary>Creates a convolution along the channels.</summary>
    /// <param name="kernel">How many neighboring channels it looks at; odd.</param>
    public ChannelConvolution(int kernel)
    {
        _kernel = kernel;
        _weight = AddParameter("weight", [1, 1, kernel], Initialize.Default);
    }

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        var window = new Kernel2d(new KernelAxis(1, 1, 0, 1), new KernelAxis(_kernel, 1, _kernel / 2, 1));
        var row = ops.Reshape(input, sizes[0], 1, 1, sizes[1]);
        var kernel = ops.Reshape(ops.Weight(_weight, input), 1, 1, 1, _kernel);
        return ops.Reshape(ops.Convolution(row, kernel, null, window), [.. sizes]);
    }
}
