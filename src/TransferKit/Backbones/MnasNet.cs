using static TransferKit.Layers;

namespace TransferKit;

/// <summary>MNASNet (Tan et al., 2019), the B1 network, at four widths.</summary>
internal static class MnasNet
{
    // TensorFlow's momentum of 0.9997, said in PyTorch's way.
    private const double Momentum = 1 - 0.9997;

    // Output channels, kernel, stride of the first block, expansion, blocks.
    private static readonly (int Channels, int Kernel, int Stride, int Expansion, int Blocks)[] Stages =
    [
        (24, 3, 2, 3, 3), (40, 5, 2, 3, 3), (80, 5, 2, 6, 3), (96, 3, 1, 6, 2), (192, 5, 2, 6, 4), (320, 3, 1, 6, 1),
    ];

    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("mnasnet0_5", () => Build(0.5)), new("mnasnet0_75", () => Build(0.75)),
        new("mnasnet1_0", () => Build(1)), new("mnasnet1_3", () => Build(1.3)),
    ];

    private static Blueprint Build(double width)
    {
        var (stem, channels) = (ChannelCount.Round(32 * width), ChannelCount.Round(16 * width));
        var layers = new List<Layer>
        {
            Conv(3, stem, 3, stride: 2), Norm(stem), Relu,
            Conv(stem, stem, 3, groups: stem), Norm(stem), Relu,
            Conv(stem, channels, 1), Norm(channels),
        };
        foreach (var stage in Stages)
        {
            var to = ChannelCount.Round(stage.Channels * width);
            var blocks = new Layer[stage.Blocks];
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = InvertedResidual(channels, to, stage.Kernel, i == 0 ? stage.Stride : 1, stage.Expansion);
                channels = to;
            }
            layers.Add(Sequential(blocks));
        }
        layers.AddRange([Conv(channels, 1280, 1), Norm(1280), Relu]);
        return new Blueprint(
            [("layers", Sequential([.. layers]))],
            output =>
            [
                GlobalAveragePool, Flatten(), ("classifier", Sequential(Dropout(0.2), output.Vector(1280, (from, to) =>
                    Linear(from, to, initializer: Initialize.KaimingUniformFanOut, biasInitializer: Initialize.Zeros)))),
            ],
            Trunk: "layers");
    }

    private static Layer InvertedResidual(int from, int to, int kernel, int stride, int expansion)
    {
        var hidden = from * expansion;
        Child main = ("layers", Sequential(
            Conv(from, hidden, 1), Norm(hidden), Relu,
            Conv(hidden, hidden, kernel, stride, groups: hidden), Norm(hidden), Relu,
            Conv(hidden, to, 1), Norm(to)));
        return stride == 1 && from == to ? Residual(main) : Chain(main);
    }

    private static Layer Norm(int channels) => BatchNorm(channels, momentum: Momentum);

    private static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        new Conv(from, to, new Kernel2d(kernel, stride), groups, initializer: Initialize.KaimingNormalFanOut);
}
