using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>The layers that a ByobNet is made of, in its activation and with its attention of channels.</summary>
internal sealed class ByobLayers(ByobNetConfig config)
{
    /// <summary>A convolution, a norm, and an activation; where the config says so, averaging does what a stride would.</summary>
    public Layer Unit(int from, int to, int kernel, int stride = 1, int groups = 1, bool isLinear = false,
        Initializer? scale = null, Initializer? shift = null)
    {
        var averages = stride > 1 && config.AaLayer == ByobAntiAliasing.Avg;
        return Chain(
            ("conv", Conv(from, to, kernel, averages ? 1 : stride, groups)),
            ("bn", new BatchNorm(to, scale: scale, shift: shift)),
            isLinear ? new Identity() : Activate(), averages ? AveragePool(stride, stride) : new Identity());
    }

    /// <summary>What takes the place of the input where a block changes its shape.</summary>
    public Layer Projection(int from, int to, int stride)
    {
        if (config.Downsample != "avg")
            return Unit(from, to, 1, stride, isLinear: true);
        Layer pool = stride == 1 ? new Identity() : AveragePool(2, stride, ceiling: true);
        return Chain(pool, ("conv", Unit(from, to, 1, isLinear: true)));
    }

    /// <summary>RepVGG's block: convolutions of two sizes and, where the shape stays, a norm alone.</summary>
    public Layer RepVgg(int from, int to, int stride, ByobBlock block)
    {
        var groups = block.Groups(from);
        Initializer scale = Initialize.Normal(0.1, 0.1), shift = Initialize.Normal(0.1);
        List<Child> branches =
        [
            ("conv_kxk", Unit(from, to, 3, stride, groups, isLinear: true, scale, shift)),
            ("conv_1x1", Unit(from, to, 1, stride, groups, isLinear: true, scale, shift)),
        ];
        if (from == to && stride == 1)
            branches.Add(("identity", new BatchNorm(to, scale: scale, shift: shift)));
        return Activated(new BranchedConv(from, to, new Kernel2d(3, stride), groups, branches), to, block);
    }

    /// <summary>MobileOne's block, with any number of convolutions of the larger size.</summary>
    public Layer MobileOne(int from, int to, int stride, ByobBlock block)
    {
        var (options, groups) = (block.BlockKwargs ?? config.BlockKwargs, block.Groups(from));
        var conv = ConvParts.MobileOne(from, to, new Kernel2d(options.KernelSize, stride), groups,
            size => Unit(from, to, size, stride, groups, isLinear: true), options.NumConvBranches);
        return Activated(conv, to, block);
    }

    private Layer Activated(Layer layer, int channels, ByobBlock block) =>
        Chain(layer, ("attn", Attention(block, channels)), Activate());

    /// <summary>What weighs the channels; the identity where nothing does.</summary>
    public Layer Attention(ByobBlock block, int channels)
    {
        var options = config.AttnKwargs;
        return (block.AttnLayer ?? config.AttnLayer) switch
        {
            ByobAttention.Se => ChannelAttention.SqueezeExcite(
                channels, ChannelCount.Round(channels * options.RdRatio, options.RdDivisor, least: 0),
                Initialize.KaimingNormalFanOut, Initialize.Zeros),
            ByobAttention.Eca => ChannelAttention.Efficient(channels),
            ByobAttention.Gca => ChannelAttention.GlobalContext(channels),
            _ => new Identity(),
        };
    }

    public Layer Activate() => config.ActLayer.ToLayer();

    public static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1) => Layers.Conv(
        from, to, new Kernel2d(kernel, stride), groups,
        initializer: Initialize.Normal(Math.Sqrt(2.0 * groups / (kernel * kernel * to))));

    public static Layer Linear(int from, int to) =>
        Layers.Linear(from, to, initializer: Initialize.Normal(0.01), biasInitializer: Initialize.Zeros);
}
