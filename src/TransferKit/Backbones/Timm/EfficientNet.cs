using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// EfficientNet (Tan and Le, 2019, 2021) and the networks that are built of the same blocks: MobileNetV2 to V4 (Sandler et al.,
/// 2018; Howard et al., 2019; Qin et al., 2024), MNASNet (Tan et al., 2019), MixNet (Tan and Le, 2019), FBNet (Wu et al., 2019;
/// Dai et al., 2021), TinyNet (Han et al., 2020), LCNet (Cui et al., 2021).
/// </summary>
internal sealed class EfficientNet
{
    private readonly EfficientNetConfig _config;

    private EfficientNet(EfficientNetConfig config) => _config = config;

    public static Blueprint Build(EfficientNetConfig config) => new EfficientNet(config).Build();

    private Blueprint Build()
    {
        var channels = _config.StemSize;
        var body = new List<Child>
        {
            ("conv_stem", Conv(3, channels, _config.StemKernelSize, 2)), ("bn1", Norm(channels)), Activate(),
        };
        var stages = new List<Layer>();
        foreach (var stage in _config.BlockArgs)
        {
            var blocks = new List<Layer>();
            foreach (var args in stage)
            {
                blocks.Add(Block(channels, blocks.Count == 0 ? args : args with { Stride = 1 }));
                channels = args.OutChs;
            }
            stages.Add(Sequential(blocks));
        }
        body.Add(("blocks", Sequential(stages)));
        var features = _config.NumFeatures;
        if (_config is MobileNetConfig mobile)
            return new Blueprint(body, output =>
            [
                ("global_pool", GlobalAveragePool),
                ("conv_head", Conv(channels, features, 1, bias: mobile.HeadBias && !mobile.HeadNorm)),
                ("norm_head", mobile.HeadNorm ? Norm(features) : new Identity()), Activate(), Flatten(),
                ("classifier", Classifier(output, features)),
            ], Trunk: "blocks");
        if (features > 0)
            body.AddRange([("conv_head", Conv(channels, features, 1)), ("bn2", Norm(features)), Activate()]);
        return new Blueprint(body, output =>
        [
            ("global_pool", GlobalAveragePool), Flatten(), ("classifier", Classifier(output, features > 0 ? features : channels)),
        ], Trunk: "blocks");
    }

    private static Layer Classifier(HeadSlot output, int features) => output.Vector(features, (from, to) => Linear(
        from, to, initializer: Initialize.Uniform(1 / Math.Sqrt(to)), biasInitializer: Initialize.Zeros));

    private Layer Block(int from, EfficientNetBlock block)
    {
        var layers = block.BlockType switch
        {
            EfficientNetBlockType.Cn => Plain(from, block),
            EfficientNetBlockType.Ds or EfficientNetBlockType.Dsa => Separable(from, block),
            EfficientNetBlockType.Ir => Inverted(from, block),
            EfficientNetBlockType.Er => Fused(from, block),
            EfficientNetBlockType.Uir => Universal(from, block),
            _ => Attention(from, block),
        };
        var skips = block.BlockType == EfficientNetBlockType.Cn ? block.Skip : !block.Noskip;
        return skips && block.Stride == 1 && from == block.OutChs ? Residual(Chain(layers)) : Chain(layers);
    }

    private List<Child> Plain(int from, EfficientNetBlock block) =>
    [
        ("conv", Conv(from, block.OutChs, block.KernelSize, Kept(block), Groups(block, from, 0))),
        ("bn1", Norm(block.OutChs)), Activate(block), Reduce(block),
    ];

    private List<Child> Separable(int from, EfficientNetBlock block) =>
    [
        ("conv_dw", Mixed(from, from, block.DwKernelSize, Kept(block), Groups(block, from, 1))),
        ("bn1", Norm(from)), Activate(block), Reduce(block), .. Squeeze(from, block),
        ("conv_pw", Mixed(from, block.OutChs, block.PwKernelSize)), ("bn2", Norm(block.OutChs)),
        block.PwAct || block.BlockType == EfficientNetBlockType.Dsa ? Activate(block) : new Identity(),
    ];

    private List<Child> Inverted(int from, EfficientNetBlock block)
    {
        var hidden = ChannelCount.Round(from * block.ExpRatio);
        return
        [
            ("conv_pw", Mixed(from, hidden, block.ExpKernelSize)), ("bn1", Norm(hidden)), Activate(block),
            ("conv_dw", Mixed(hidden, hidden, block.DwKernelSize, Kept(block), Groups(block, hidden, 1))),
            ("bn2", Norm(hidden)), Activate(block), Reduce(block), .. Squeeze(hidden, block),
            ("conv_pwl", Mixed(hidden, block.OutChs, block.PwKernelSize)), ("bn3", Norm(block.OutChs)),
        ];
    }

    private List<Child> Fused(int from, EfficientNetBlock block)
    {
        var hidden = ChannelCount.Round((block.ForceInChs > 0 ? block.ForceInChs : from) * block.ExpRatio);
        return
        [
            ("conv_exp", Mixed(from, hidden, block.ExpKernelSize, Kept(block), Groups(block, hidden, 0))),
            ("bn1", Norm(hidden)), Activate(block), Reduce(block), .. Squeeze(hidden, block),
            ("conv_pwl", Mixed(hidden, block.OutChs, block.PwKernelSize)), ("bn2", Norm(block.OutChs)),
        ];
    }

    private List<Child> Universal(int from, EfficientNetBlock block)
    {
        var hidden = ChannelCount.Round(from * block.ExpRatio);
        var (start, middle, end) = (block.DwKernelSizeStart, block.DwKernelSizeMid, block.DwKernelSizeEnd);
        var layers = new List<Child>();
        if (start > 0)
            layers.Add(("dw_start", Unit(from, from, start, middle == 0 ? block : block with { Stride = 1 }, isLinear: true)));
        layers.Add(("pw_exp", Unit(from, hidden, 1, block with { Stride = 1 })));
        if (middle > 0)
            layers.Add(("dw_mid", Unit(hidden, hidden, middle, block)));
        layers.AddRange(Squeeze(hidden, block));
        layers.Add(("pw_proj", Unit(hidden, block.OutChs, 1, block with { Stride = 1 }, isLinear: true)));
        if (end > 0)
            layers.Add(("dw_end", Unit(block.OutChs, block.OutChs, end, start + middle == 0 ? block : block with { Stride = 1 },
                isLinear: true)));
        return [.. layers, .. Scale(block)];
    }

    // A convolution, depthwise unless its kernel is one pixel, with norm and activation.
    private Layer Unit(int from, int to, int kernel, EfficientNetBlock block, bool isLinear = false) => Chain(
        ("conv", Conv(from, to, kernel, Kept(block), kernel == 1 ? 1 : Groups(block, from, 1))), ("bn", Norm(to)),
        isLinear ? new Identity() : Activate(block), Reduce(block));

    private List<Child> Attention(int from, EfficientNetBlock block) =>
    [
        ("norm", Norm(from)),
        ("attn", new MultiQueryAttention(from, block.OutChs, block.NumHeads, block.KeyDim, () => block.KvStride == 1 ? [] :
        [
            ("down_conv", Conv(
                from, from, block.DwKernelSize[0], block.KvStride, groups: from, initializer: Initialize.XavierUniform)),
            ("norm", Norm(from)),
        ])),
        .. Scale(block),
    ];

    private List<Child> Scale(EfficientNetBlock block) => _config is MobileNetConfig { LayerScaleInitValue: { } start }
        ? [("layer_scale", LayerScale.OfVector(block.OutChs, start))] : [];

    private List<Child> Squeeze(int hidden, EfficientNetBlock block)
    {
        if (block.SeRatio == 0)
            return [];
        var choice = _config.SeLayer;
        var ratio = _config is MobileNetConfig { SeFromExp: true } ? block.SeRatio : block.SeRatio / block.ExpRatio;
        var squeezed = choice.RoundLimit is { } least
            ? ChannelCount.Round(hidden * ratio, least: least) : (int)Math.Round(hidden * ratio);
        return [("se", Gate(
            GlobalAveragePool,
            ("conv_reduce", Conv(hidden, squeezed, 1, bias: true)), choice.IsAlwaysRelu ? Relu : Activate(block),
            ("conv_expand", Conv(squeezed, hidden, 1, bias: true)), choice.GateIsHard ? Hardsigmoid : Sigmoid))];
    }

    private Layer Activate(EfficientNetBlock? block = null) => (block?.ActLayer ?? _config.ActLayer).ToLayer();

    private Layer Norm(int channels) => BatchNorm(channels, _config.NormLayer?.Eps ?? 1e-5);

    /// <summary>The stride that a convolution keeps where averaging does the rest.</summary>
    private int Kept(EfficientNetBlock block) => _config.AaLayer is null ? block.Stride : 1;

    private Layer Reduce(EfficientNetBlock block) =>
        _config.AaLayer is null || block.Stride == 1 ? new Identity() : AveragePool(block.Stride, block.Stride);

    private static int Groups(EfficientNetBlock block, int channels, int usualSize) =>
        (block.GroupSize ?? usualSize) is > 0 and var size ? channels / size : 1;

    /// <summary>A convolution with a kernel of its own for each part of the channels; with one kernel an ordinary one.</summary>
    private Layer Mixed(int from, int to, int[] kernels, int stride = 1, int groups = 1)
    {
        if (kernels.Length == 1)
            return Conv(from, to, kernels[0], stride, groups);
        var (inputs, outputs) = (Parts(from, kernels.Length), Parts(to, kernels.Length));
        return new SplitChannels(inputs, [.. kernels.Select((kernel, i) =>
            (Child)($"{i}", Conv(inputs[i], outputs[i], kernel, stride, groups == 1 ? 1 : inputs[i])))]);
    }

    private static int[] Parts(int channels, int count) =>
        [channels / count + channels % count, .. Enumerable.Repeat(channels / count, count - 1)];

    private Layer Conv(
        int from, int to, int kernel, int stride = 1, int groups = 1, bool bias = false, Initializer? initializer = null)
    {
        var pads = _config.PadType == "same" && stride > 1;
        var window = new Kernel2d(kernel, stride, pads ? 0 : null);
        // The fan-out of TensorFlow's, which knows of groups.
        var start = initializer ?? Initialize.Normal(Math.Sqrt(2.0 * groups / (kernel * kernel * to)));
        var conv = Layers.Conv(from, to, window, groups, bias, start, Initialize.Zeros);
        return pads ? Chain(new SamePadding(window), conv) : conv;
    }
}
