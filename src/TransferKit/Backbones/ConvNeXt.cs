using static TransferKit.Layers;

namespace TransferKit;

/// <summary>ConvNeXt (Liu et al., 2022).</summary>
internal static class ConvNeXt
{
    private const double Epsilon = 1e-6;

    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("convnext_tiny", () => Build(96, [3, 3, 9, 3], stochasticDepth: 0.1)),
        new("convnext_small", () => Build(96, [3, 3, 27, 3], stochasticDepth: 0.4)),
        new("convnext_base", () => Build(128, [3, 3, 27, 3], stochasticDepth: 0.5)),
        new("convnext_large", () => Build(192, [3, 3, 27, 3], stochasticDepth: 0.5)),
    ];

    private static Blueprint Build(int channels, int[] depths, double stochasticDepth)
    {
        var features = new List<Layer> { Sequential(Conv(3, channels, new Kernel2d(4, stride: 4, padding: 0)), Norm(channels)) };
        var (block, blocks) = (0, depths.Sum());
        for (var stage = 0; stage < depths.Length; stage++)
        {
            if (stage > 0)
            {
                features.Add(Sequential(Norm(channels), Conv(channels, 2 * channels, new Kernel2d(2, stride: 2, padding: 0))));
                channels *= 2;
            }
            features.Add(Sequential([.. Enumerable.Range(0, depths[stage])
                .Select(_ => Block(channels, stochasticDepth * block++ / (blocks - 1)))]));
        }
        return new Blueprint(
            [("features", Sequential([.. features]))],
            output =>
            [
                ("avgpool", GlobalAveragePool),
                ("classifier", Sequential(Norm(channels), Flatten(), output.Vector(channels, Linear))),
            ],
            Trunk: "features");
    }

    // The paper's formulation with linear layers in the place of 1 × 1 convolutions, which is the quicker one.
    private static Layer Block(int channels, double stochasticDepth) => Residual(Chain(
        ("block", Sequential(
            Conv(channels, channels, new Kernel2d(7), groups: channels),
            ChannelsLast, LayerNorm(channels, Epsilon), Linear(channels, 4 * channels), Gelu, Linear(4 * channels, channels),
            ChannelsFirst)),
        new LayerScale(channels), ("stochastic_depth", StochasticDepth(stochasticDepth))));

    private static Layer Norm(int channels) => LayerNorm2d(channels, Epsilon);

    private static Layer Conv(int from, int to, Kernel2d window, int groups = 1) => new Conv(
        from, to, window, groups, bias: true, initializer: Initialize.TruncatedNormal(0.02), biasInitializer: Initialize.Zeros);

    private static Layer Linear(int from, int to) =>
        new Linear(from, to, initializer: Initialize.TruncatedNormal(0.02), biasInitializer: Initialize.Zeros);
}
