using static TransferKit.Layers;

namespace TransferKit;

/// <summary>DenseNet (Huang et al., 2017), with bottlenecks and halving transitions (DenseNet-BC).</summary>
internal static class DenseNet
{
    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("densenet121", () => Build(64, growth: 32, 6, 12, 24, 16)),
        new("densenet161", () => Build(96, growth: 48, 6, 12, 36, 24)),
        new("densenet169", () => Build(64, growth: 32, 6, 12, 32, 32)),
        new("densenet201", () => Build(64, growth: 32, 6, 12, 48, 32)),
    ];

    private static Blueprint Build(int channels, int growth, params int[] depths) =>
        Build([.. Stem(channels), ("pool0", MaxPool(3, 2, padding: 1))], channels, growth, depths);

    /// <summary>The convolution in front, without the pooling.</summary>
    internal static IReadOnlyList<Child> Stem(int channels) =>
        [("conv0", Conv(3, channels, 7, stride: 2)), ("norm0", BatchNorm(channels)), ("relu0", Relu)];

    /// <summary>A network behind a stem.</summary>
    /// <param name="stem">What makes a map of the image.</param>
    /// <param name="channels">The map's channels.</param>
    /// <param name="growth">Channels that a layer adds.</param>
    /// <param name="depths">Layers of each block.</param>
    internal static Blueprint Build(IReadOnlyList<Child> stem, int channels, int growth, IReadOnlyList<int> depths)
    {
        List<Child> features = [.. stem];
        for (var block = 1; block <= depths.Count; block++)
        {
            if (block > 1)
            {
                features.Add(($"transition{block - 1}", Chain(
                    ("norm", BatchNorm(channels)), ("relu", Relu), ("conv", Conv(channels, channels / 2, 1)),
                    ("pool", AveragePool(2, 2)))));
                channels /= 2;
            }
            var layers = new Child[depths[block - 1]];
            for (var i = 0; i < layers.Length; i++)
            {
                layers[i] = ($"denselayer{i + 1}", DenseLayer(channels, growth));
                channels += growth;
            }
            features.Add(($"denseblock{block}", Chain(layers)));
        }
        features.Add(("norm5", BatchNorm(channels)));
        return new Blueprint(
            [("features", Chain(features)), Relu],
            output =>
            [
                GlobalAveragePool, Flatten(),
                ("classifier", output.Vector(channels, (from, to) => Linear(from, to, biasInitializer: Initialize.Zeros))),
            ],
            Trunk: "features");
    }

    // Adds its own features to all those before it.
    private static Layer DenseLayer(int channels, int growth) => Concat(
        new Identity(),
        Chain(
            ("norm1", BatchNorm(channels)), ("relu1", Relu), ("conv1", Conv(channels, 4 * growth, 1)),
            ("norm2", BatchNorm(4 * growth)), ("relu2", Relu), ("conv2", Conv(4 * growth, growth, 3))));

    internal static Layer Conv(int from, int to, int kernel, int stride = 1) =>
        new Conv(from, to, new Kernel2d(kernel, stride), initializer: Initialize.KaimingNormal);
}
