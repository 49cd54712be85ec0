using static TransferKit.Layers;

namespace TransferKit;

/// <summary>MobileNetV3 (Howard et al., 2019), small and large.</summary>
internal static class MobileNetV3
{
    // Kernel, expanded channels, output channels, stride, squeeze-and-excitation, hard swish instead of ReLU.
    private sealed record Block(int Kernel, int Expanded, int Channels, int Stride, bool Squeezes, bool IsSwish);

    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("mobilenet_v3_small", () => Build(hidden: 1024,
            new(3, 16, 16, 2, true, false), new(3, 72, 24, 2, false, false), new(3, 88, 24, 1, false, false),
            new(5, 96, 40, 2, true, true), new(5, 240, 40, 1, true, true), new(5, 240, 40, 1, true, true),
            new(5, 120, 48, 1, true, true), new(5, 144, 48, 1, true, true),
            new(5, 288, 96, 2, true, true), new(5, 576, 96, 1, true, true), new(5, 576, 96, 1, true, true))),
        new("mobilenet_v3_large", () => Build(hidden: 1280,
            new(3, 16, 16, 1, false, false), new(3, 64, 24, 2, false, false), new(3, 72, 24, 1, false, false),
            new(5, 72, 40, 2, true, false), new(5, 120, 40, 1, true, false), new(5, 120, 40, 1, true, false),
            new(3, 240, 80, 2, false, true), new(3, 200, 80, 1, false, true),
            new(3, 184, 80, 1, false, true), new(3, 184, 80, 1, false, true),
            new(3, 480, 112, 1, true, true), new(3, 672, 112, 1, true, true),
            new(5, 672, 160, 2, true, true), new(5, 960, 160, 1, true, true), new(5, 960, 160, 1, true, true))),
    ];

    private static Blueprint Build(int hidden, params Block[] blocks)
    {
        var channels = 16;
        var features = new List<Layer> { ConvNorm(3, channels, 3, stride: 2, activation: Hardswish) };
        foreach (var block in blocks)
        {
            features.Add(InvertedResidual(channels, block));
            channels = block.Channels;
        }
        features.Add(ConvNorm(channels, 6 * channels, 1, activation: Hardswish));
        return new Blueprint(
            [("features", Sequential([.. features]))],
            output =>
            [
                ("avgpool", GlobalAveragePool), Flatten(),
                ("classifier", Sequential(
                    Dense(6 * channels, hidden), Hardswish, Dropout(0.2), output.Vector(hidden, Dense))),
            ],
            Trunk: "features");
    }

    private static Layer InvertedResidual(int from, Block block)
    {
        var layers = new List<Layer>();
        if (block.Expanded != from)
            layers.Add(ConvNorm(from, block.Expanded, 1, activation: Activation()));
        layers.Add(ConvNorm(block.Expanded, block.Expanded, block.Kernel, block.Stride, groups: block.Expanded, Activation()));
        if (block.Squeezes)
            layers.Add(SqueezeExcitation(block.Expanded, ChannelCount.Round(block.Expanded / 4), Relu, Hardsigmoid,
                Initialize.KaimingNormalFanOut, Initialize.Zeros));
        layers.Add(ConvNorm(block.Expanded, block.Channels, 1));
        Child main = ("block", Sequential([.. layers]));
        return block.Stride == 1 && from == block.Channels ? Residual(main) : Chain(main);

        Layer Activation() => block.IsSwish ? Hardswish : Relu;
    }

    private static Layer ConvNorm(int from, int to, int kernel, int stride = 1, int groups = 1, Layer? activation = null)
    {
        var conv = new Conv(from, to, new Kernel2d(kernel, stride), groups, initializer: Initialize.KaimingNormalFanOut);
        var norm = BatchNorm(to, epsilon: 1e-3, momentum: 0.01);
        return activation is null ? Sequential(conv, norm) : Sequential(conv, norm, activation);
    }

    private static Layer Dense(int from, int to) =>
        Linear(from, to, initializer: Initialize.Normal(0.01), biasInitializer: Initialize.Zeros);
}
