using static TransferKit.Layers;

namespace TransferKit;

/// <summary>EfficientNet (Tan and Le, 2019) B0 to B7, and EfficientNetV2 (Tan and Le, 2021) S, M and L.</summary>
internal static class EfficientNet
{
    // How a batch norm is set, from its channels.
    private delegate Layer Norm(int channels);

    private sealed record Stage(int Expansion, int Kernel, int Stride, int Channels, int Blocks, bool IsFused = false);

    // Of B0; the others are wider and deeper.
    private static readonly Stage[] B0 =
    [
        new(1, 3, 1, 16, 1), new(6, 3, 2, 24, 2), new(6, 5, 2, 40, 2), new(6, 3, 2, 80, 3), new(6, 5, 1, 112, 3),
        new(6, 5, 2, 192, 4), new(6, 3, 1, 320, 1),
    ];

    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("efficientnet_b0", () => Scaled(width: 1, depth: 1, dropout: 0.2, Pytorch)),
        new("efficientnet_b1", () => Scaled(width: 1, depth: 1.1, dropout: 0.2, Pytorch)),
        new("efficientnet_b2", () => Scaled(width: 1.1, depth: 1.2, dropout: 0.3, Pytorch)),
        new("efficientnet_b3", () => Scaled(width: 1.2, depth: 1.4, dropout: 0.3, Pytorch)),
        new("efficientnet_b4", () => Scaled(width: 1.4, depth: 1.8, dropout: 0.4, Pytorch)),
        new("efficientnet_b5", () => Scaled(width: 1.6, depth: 2.2, dropout: 0.4, Tensorflow)),
        new("efficientnet_b6", () => Scaled(width: 1.8, depth: 2.6, dropout: 0.5, Tensorflow)),
        new("efficientnet_b7", () => Scaled(width: 2, depth: 3.1, dropout: 0.5, Tensorflow)),
        new("efficientnet_v2_s", () => V2(24, dropout: 0.2,
            new(1, 3, 1, 24, 2, true), new(4, 3, 2, 48, 4, true), new(4, 3, 2, 64, 4, true), new(4, 3, 2, 128, 6),
            new(6, 3, 1, 160, 9), new(6, 3, 2, 256, 15))),
        new("efficientnet_v2_m", () => V2(24, dropout: 0.3,
            new(1, 3, 1, 24, 3, true), new(4, 3, 2, 48, 5, true), new(4, 3, 2, 80, 5, true), new(4, 3, 2, 160, 7),
            new(6, 3, 1, 176, 14), new(6, 3, 2, 304, 18), new(6, 3, 1, 512, 5))),
        new("efficientnet_v2_l", () => V2(32, dropout: 0.4,
            new(1, 3, 1, 32, 4, true), new(4, 3, 2, 64, 7, true), new(4, 3, 2, 96, 7, true), new(4, 3, 2, 192, 10),
            new(6, 3, 1, 224, 19), new(6, 3, 2, 384, 25), new(6, 3, 1, 640, 7))),
    ];

    private static Layer Pytorch(int channels) => BatchNorm(channels);

    private static Layer Tensorflow(int channels) => BatchNorm(channels, epsilon: 1e-3, momentum: 0.01);

    private static Blueprint V2(int stem, double dropout, params Stage[] stages) =>
        Build(stem, stages, last: 1280, dropout, channels => BatchNorm(channels, epsilon: 1e-3));

    private static Blueprint Scaled(double width, double depth, double dropout, Norm norm)
    {
        Stage[] stages =
        [
            .. B0.Select(stage => stage with
            {
                Channels = ChannelCount.Round(stage.Channels * width), Blocks = (int)Math.Ceiling(stage.Blocks * depth),
            }),
        ];
        return Build(ChannelCount.Round(32 * width), stages, last: 4 * stages[^1].Channels, dropout, norm);
    }

    private static Blueprint Build(int stem, Stage[] stages, int last, double dropout, Norm norm)
    {
        var channels = stem;
        var features = new List<Layer> { Conv(3, channels, 3, norm, stride: 2) };
        var (block, total) = (0, stages.Sum(stage => stage.Blocks));
        foreach (var stage in stages)
        {
            var blocks = new Layer[stage.Blocks];
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = Block(channels, i == 0 ? stage : stage with { Stride = 1 }, dropped: 0.2 * block++ / total, norm);
                channels = stage.Channels;
            }
            features.Add(Sequential(blocks));
        }
        features.Add(Conv(channels, last, 1, norm));
        return new Blueprint(
            [("features", Sequential([.. features]))],
            output =>
            [
                ("avgpool", GlobalAveragePool), Flatten(),
                ("classifier", Sequential(Dropout(dropout), output.Vector(last, (from, to) => Linear(
                    from, to, initializer: Initialize.Uniform(1 / Math.Sqrt(to)), biasInitializer: Initialize.Zeros)))),
            ],
            Trunk: "features");
    }

    private static Layer Block(int from, Stage stage, double dropped, Norm norm)
    {
        var hidden = ChannelCount.Round(from * stage.Expansion);
        var layers = stage.IsFused ? Fused(from, hidden, stage, norm) : Separable(from, hidden, stage, norm);
        Child main = ("block", Sequential([.. layers]));
        return stage.Stride == 1 && from == stage.Channels ? Residual(Chain(main, StochasticDepth(dropped))) : Chain(main);
    }

    // MBConv: expand, convolve each channel by itself, weigh the channels, project.
    private static IEnumerable<Layer> Separable(int from, int hidden, Stage stage, Norm norm)
    {
        if (hidden != from)
            yield return Conv(from, hidden, 1, norm);
        yield return Conv(hidden, hidden, stage.Kernel, norm, stage.Stride, groups: hidden);
        yield return SqueezeExcitation(
            hidden, Math.Max(1, from / 4), Silu, Sigmoid, Initialize.KaimingNormalFanOut, Initialize.Zeros);
        yield return Conv(hidden, stage.Channels, 1, norm, isLinear: true);
    }

    // FusedMBConv: expand with a full convolution, project.
    private static IEnumerable<Layer> Fused(int from, int hidden, Stage stage, Norm norm)
    {
        if (hidden == from)
            return [Conv(from, stage.Channels, stage.Kernel, norm, stage.Stride)];
        return [Conv(from, hidden, stage.Kernel, norm, stage.Stride), Conv(hidden, stage.Channels, 1, norm, isLinear: true)];
    }

    private static Layer Conv(int from, int to, int kernel, Norm norm, int stride = 1, int groups = 1, bool isLinear = false)
    {
        var conv = new Conv(from, to, new Kernel2d(kernel, stride), groups, initializer: Initialize.KaimingNormalFanOut);
        return isLinear ? Sequential(conv, norm(to)) : Sequential(conv, norm(to), Silu);
    }
}
