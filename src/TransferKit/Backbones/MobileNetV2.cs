using static TransferKit.Layers;

namespace TransferKit;

/// <summary>MobileNetV2 (Sandler et al., 2018).</summary>
internal static class MobileNetV2
{
    // Expansion, output channels, blocks, stride of the first block.
    private static readonly (int Expansion, int Channels, int Blocks, int Stride)[] Stages =
    [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ];

    public static IReadOnlyList<NamedBlueprint> Models { get; } = [new("mobilenet_v2", Build)];

    private static Blueprint Build()
    {
        var features = new List<Layer> { ConvNormRelu(3, 32, 3, stride: 2) };
        var channels = 32;
        foreach (var stage in Stages)
        {
            for (var i = 0; i < stage.Blocks; i++)
            {
                features.Add(InvertedResidual(channels, stage.Channels, i == 0 ? stage.Stride : 1, stage.Expansion));
                channels = stage.Channels;
            }
        }
        features.Add(ConvNormRelu(channels, 1280, 1));
        return new Blueprint(
            [("features", Sequential([.. features]))],
            output =>
            [
                GlobalAveragePool, Flatten(),
                ("classifier", Sequential(Dropout(0.2), output.Vector(1280, (from, to) =>
                    Linear(from, to, initializer: Initialize.Normal(0.01), biasInitializer: Initialize.Zeros)))),
            ],
            Trunk: "features");
    }

    private static Layer InvertedResidual(int from, int to, int stride, int expansion)
    {
        var hidden = from * expansion;
        var layers = new List<Layer>();
        if (expansion != 1)
            layers.Add(ConvNormRelu(from, hidden, 1));
        layers.AddRange(
        [
            ConvNormRelu(hidden, hidden, 3, stride, groups: hidden), Conv(hidden, to, 1), BatchNorm(to),
        ]);
        Child main = ("conv", Sequential([.. layers]));
        return stride == 1 && from == to ? Residual(main) : Chain(main);
    }

    private static Layer ConvNormRelu(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        Sequential(Conv(from, to, kernel, stride, groups), BatchNorm(to), Relu6);

    private static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        new Conv(from, to, new Kernel2d(kernel, stride), groups, initializer: Initialize.KaimingNormalFanOut);
}
