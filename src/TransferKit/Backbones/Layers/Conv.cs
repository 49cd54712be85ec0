using TorchSharp;

namespace TransferKit;

/// <summary>A two-dimensional convolution, <c>[N, In, H, W]</c> → <c>[N, Out, H', W']</c>.</summary>
internal class Conv : Layer
{
    private readonly int _groups;
    private readonly Kernel2d _window;
    private readonly Weight _weight;
    private Weight? _bias;
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
        _weight = AddParameter("weight", [to, from / groups, window.Height.Kernel, window.Width.Kernel],
            initializer ?? Initialize.Default);
        var fanIn = (double)from / groups * window.Height.Kernel * window.Width.Kernel;
        if (bias)
            _bias = AddParameter("bias", [to], biasInitializer ?? Initialize.Uniform(1 / Math.Sqrt(fanIn)));
    }

    /// <summary>Whether each channel is convolved alone.</summary>
    internal bool IsDepthwise => _groups > 1 && _groups == _in;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        if (KeepsFloat32)
            input = ops.ToFloat32(input);
        return ops.Convolution(
            input, Kernel(ops, input), _bias is null ? null : ops.Weight(_bias, input), _window, _groups);
    }

    /// <summary>What the input is convolved with.</summary>
    private protected virtual T Kernel<T>(Operations<T> ops, T input)
        where T : class => ops.Weight(_weight, input);

    /// <summary>Changes the description to another number of input channels, before memory is taken.</summary>
    /// <remarks>
    /// Trained kernels are summed for one channel, and repeated and scaled to the same total for more, as timm does.
    /// </remarks>
    internal void TakeChannels(int channels)
    {
        var trained = _weight.Shape;
        _in = channels;
        _weight.Redescribe([trained[0], channels, trained[2], trained[3]],
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

    internal override bool HoldsReduced => !KeepsFloat32;

    internal override bool TryFuse(Layer next)
    {
        if (next is not BatchNorm norm)
            return false;
        using var scope = torch.NewDisposeScope();
        var (scale, shift) = norm.Fold();
        if (_bias is not null)
            shift = shift.Add(_bias.Value.@double() * scale);
        _bias ??= AddParameter("bias", [_weight.Shape[0]], Initialize.Zeros);
        _weight.Take((_weight.Value.@double() * scale.view(-1, 1, 1, 1)).to_type(_weight.Type));
        _bias.Take(shift.to_type(_bias.Type));
        return true;
    }
}
