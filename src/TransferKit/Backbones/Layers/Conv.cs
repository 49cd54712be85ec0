using TorchSharp;

namespace TransferKit;

/// <summary>A two-dimensional convolution, <c>[N, In, H, W]</c> → <c>[N, Out, H', W']</c>.</summary>
internal class Conv : FusableLayer
{
    private readonly int _groups;
    private readonly Kernel2d _window;
    private int _in;

    /// <summary>Creates a convolution.</summary>
    /// <param name="from">Input channels.</param>
    /// <param name="to">Output channels.</param>
    /// <param name="window">Kernel, stride, padding and dilation.</param>
    /// <param name="groups">Groups of channels that are convolved apart; divides both channel counts.</param>
    /// <param name="bias">Whether a number is added to each output channel.</param>
    /// <param name="initializer">How the kernel starts; null: PyTorch's default.</param>
    /// <param name="biasInitializer">How the bias starts; null: PyTorch's default, uniform in ±1/√fan-in.</param>
    public Conv(int from, int to, Kernel2d window, int groups = 1, bool bias = false,
        Initializer? initializer = null, Initializer? biasInitializer = null)
    {
        if (from % groups != 0 || to % groups != 0)
            throw new ArgumentException($"{groups} groups don't divide {from} input and {to} output channels.", nameof(groups));
        (_in, _groups, _window) = (from, groups, window);
        Kernels = AddParameter("weight", [to, from / groups, window.Height.Kernel, window.Width.Kernel],
            initializer ?? Initialize.Default);
        var fanIn = (double)from / groups * window.Height.Kernel * window.Width.Kernel;
        if (bias)
            Bias = AddParameter("bias", [to], biasInitializer ?? Initialize.Uniform(1 / Math.Sqrt(fanIn)));
    }

    /// <summary><c>[Out, In / groups, height, width]</c></summary>
    internal Weight Kernels { get; }

    private protected sealed override Weight Factors => Kernels;

    /// <summary>Whether each channel is convolved alone.</summary>
    internal bool IsDepthwise => _groups > 1 && _groups == _in;

    /// <summary>Whether it ends with a function that would have to come before a sum.</summary>
    internal bool IsLinear => Function is null;

    protected internal override T Compute<T>(Operations<T> ops, T input) => Compute(ops, input, addend: null);

    /// <summary>Computes the convolution, adds a map of the size of its output, if there is one, and activates.</summary>
    /// <remarks>The map may be overwritten.</remarks>
    internal T Compute<T>(Operations<T> ops, T input, T? addend)
        where T : class
    {
        if (KeepsFloat32)
            input = ops.ToFloat32(input);
        return ops.Convolution(
            input, Kernel(ops, input), Bias is null ? null : ops.Weight(Bias, input), _window, _groups, addend, Function);
    }

    /// <summary>What the input is convolved with.</summary>
    private protected virtual T Kernel<T>(Operations<T> ops, T input)
        where T : class => ops.Weight(Kernels, input);

    /// <summary>Changes the description to another number of input channels, before memory is taken.</summary>
    /// <remarks>
    /// Trained kernels are summed for one channel, and repeated and scaled to the same total for more, as timm does.
    /// </remarks>
    internal void TakeChannels(int channels)
    {
        var trained = Kernels.Shape;
        _in = channels;
        Kernels.Redescribe([trained[0], channels, trained[2], trained[3]],
            new ShapeAdapter(trained.SequenceEqual, kernel => Spread(kernel, channels)));
    }

    private static torch.Tensor Spread(torch.Tensor kernel, int channels)
    {
        if (channels == 1)
            return kernel.sum(1, keepdim: true);
        var trained = kernel.shape[1];
        using var scope = torch.NewDisposeScope();
        var repeated = kernel.repeat(1, (channels + trained - 1) / trained, 1, 1).narrow(1, 0, channels);
        return repeated.Multiply((double)trained / channels).MoveToOuterDisposeScope();
    }
}
