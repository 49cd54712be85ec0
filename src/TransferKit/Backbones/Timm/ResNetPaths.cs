using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// What blocks of ResNets add to their input in Res2Net (Gao et al., 2021), ResNeSt (Zhang et al., 2022) and SKNet (Li et al.,
/// 2019), as timm's classes build it.
/// </summary>
internal static class ResNetPaths
{
    /// <summary>Res2Net's: parts of the channels are convolved one after the other, each with what the one before gave.</summary>
    public static List<Child> Res2Net(ResNetConfig config, int from, int planes, int stride)
    {
        var (width, scale) = (ResNet.Width(config, planes), config.BlockArgs.Scale);
        var (inner, to) = (width * scale, 4 * planes);
        List<Child> steps =
        [
            .. Enumerable.Range(0, scale - 1).Select(i => (Child)Chain(
                ($"convs.{i}", ResNet.Conv(width, width, 3, stride, config.Cardinality)),
                ($"bns.{i}", ResNet.Norm(config, width)), Relu)),
        ];
        // Where the map changes parts are convolved apart, and the last is averaged.
        var keepsMap = stride == 1 && from == to;
        return
        [
            ("conv1", ResNet.Conv(from, inner, 1)), ("bn1", ResNet.Norm(config, inner)), Relu,
            keepsMap ? new ChannelCascade(steps) : SplitChannels([.. steps, AveragePool(3, stride, padding: 1)]),
            ("conv3", ResNet.Conv(inner, to, 1)), ("bn3", ResNet.Norm(config, to, isLast: true)),
        ];
    }

    /// <summary>ResNeSt's: several maps are averaged, each channel by itself, by attention.</summary>
    public static List<Child> ResNeSt(ResNetConfig config, int from, int planes, int stride)
    {
        var (arguments, width, groups) = (config.BlockArgs, ResNet.Width(config, planes), config.Cardinality);
        var averages = arguments.Avd && stride > 1;
        var pool = averages ? AveragePool(3, stride, padding: 1) : new Identity();
        var (maps, squeezed) = (arguments.Radix, Math.Max(32, ChannelCount.Round(width * arguments.Radix * 0.25)));
        List<Child> scores =
        [
            ("fc1", Project(width, squeezed)), ("bn1", ResNet.Norm(config, squeezed)), Relu,
            ("fc2", Project(squeezed, width * maps)),
        ];
        var attention = maps > 1
            ? new SplitAttention(maps, groups, Chain(scores)) : Gate([GlobalAveragePool, .. scores, Sigmoid]);
        return
        [
            ("conv1", ResNet.Conv(from, width, 1)), ("bn1", ResNet.Norm(config, width)), Relu,
            arguments.AvdFirst ? pool : new Identity(),
            ("conv2", Chain(
                ("conv", ResNet.Conv(width, width * maps, 3, averages ? 1 : stride, groups * maps)),
                ("bn0", ResNet.Norm(config, width * maps)), Relu, attention)),
            arguments.AvdFirst ? new Identity() : pool,
            ("conv3", ResNet.Conv(width, 4 * planes, 1)), ("bn3", ResNet.Norm(config, 4 * planes, isLast: true)),
        ];

        Layer Project(int inputs, int outputs) =>
            Conv(inputs, outputs, new Kernel2d(1), groups, bias: true, initializer: Initialize.KaimingNormalFanOut);
    }

    /// <summary>SKNet's, as a basic block: kernels of two sizes, averaged by attention, and a convolution of 3 × 3.</summary>
    public static List<Child> SelectiveKernelBasic(ResNetConfig config, int from, int planes, int stride)
    {
        var first = planes / config.BlockReduceFirst;
        return
        [
            ("conv1", SelectiveKernel(config, from, first, stride, groups: 1)),
            ("conv2", ConvNorm(config, first, planes, 3, isLast: true)),
        ];
    }

    /// <summary>SKNet's, as a bottleneck: the same between two convolutions of 1 × 1.</summary>
    public static List<Child> SelectiveKernelBottleneck(ResNetConfig config, int from, int planes, int stride)
    {
        var width = ResNet.Width(config, planes);
        var first = width / config.BlockReduceFirst;
        return
        [
            ("conv1", ConvNorm(config, from, first, 1)), Relu,
            ("conv2", SelectiveKernel(config, first, width, stride, config.Cardinality)),
            ("conv3", ConvNorm(config, width, 4 * planes, 1, isLast: true)),
        ];
    }

    private static Layer SelectiveKernel(ResNetConfig config, int from, int to, int stride, int groups)
    {
        var arguments = config.BlockArgs.SkKwargs ?? new();
        var squeezed = ChannelCount.Round(to * arguments.RdRatio, arguments.RdDivisor);
        // The larger kernel is one of 3 × 3 whose values lie apart.
        List<Child> paths = [("paths.0", Path(dilation: 1)), ("paths.1", Path(dilation: 2))];
        return Chain(
            arguments.SplitInput ? SplitChannels(paths) : Concat(paths),
            ("attn", new SplitAttention(maps: 2, groups: 1, Chain(
                ("fc_reduce", ResNet.Conv(to, squeezed, 1)), ("bn", ResNet.Norm(config, squeezed)), Relu,
                ("fc_select", ResNet.Conv(squeezed, 2 * to, 1))))));

        Layer Path(int dilation) => Chain(
            ("conv", Conv(arguments.SplitInput ? from / 2 : from, to, new Kernel2d(3, stride, dilation: dilation), groups,
                initializer: Initialize.KaimingNormalFanOut)),
            ("bn", ResNet.Norm(config, to)), Relu);
    }

    private static Layer ConvNorm(ResNetConfig config, int from, int to, int kernel, bool isLast = false) =>
        Chain(("conv", ResNet.Conv(from, to, kernel)), ("bn", ResNet.Norm(config, to, isLast)));
}
