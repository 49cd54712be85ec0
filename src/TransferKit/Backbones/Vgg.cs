using static TransferKit.Layers;

namespace TransferKit;

/// <summary>VGG (Simonyan and Zisserman, 2015), with and without batch norm.</summary>
internal static class Vgg
{
    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("vgg11", () => Build([1, 1, 2, 2, 2])),
        new("vgg11_bn", () => Build([1, 1, 2, 2, 2], batchNorm: true)),
        new("vgg13", () => Build([2, 2, 2, 2, 2])),
        new("vgg13_bn", () => Build([2, 2, 2, 2, 2], batchNorm: true)),
        new("vgg16", () => Build([2, 2, 3, 3, 3])),
        new("vgg16_bn", () => Build([2, 2, 3, 3, 3], batchNorm: true)),
        new("vgg19", () => Build([2, 2, 4, 4, 4])),
        new("vgg19_bn", () => Build([2, 2, 4, 4, 4], batchNorm: true)),
    ];

    private static Blueprint Build(int[] depths, bool batchNorm = false) => new(
        [("features", Features(depths, batchNorm))],
        output =>
        [
            ("avgpool", new GlobalPool(PoolKind.Average, 7)), Flatten(),
            ("classifier", Sequential(
                Dense(512 * 7 * 7, 4096), Relu, Dropout(0.5),
                Dense(4096, 4096), Relu, Dropout(0.5),
                output.Vector(4096, Dense))),
        ],
        Trunk: "features");

    /// <summary>
    /// The stages, each of which ends with a map of half the size: <c>[N, 3, H, W]</c> → <c>[N, 512, H / 32, W / 32]</c>.
    /// </summary>
    /// <param name="depths">Convolutions of each stage.</param>
    /// <param name="batchNorm">Whether a batch norm follows each.</param>
    internal static Layer Features(int[] depths, bool batchNorm)
    {
        var features = new List<Layer>();
        var channels = 3;
        for (var stage = 0; stage < depths.Length; stage++)
        {
            var width = Width(stage);
            for (var i = 0; i < depths[stage]; i++)
            {
                features.Add(Conv(channels, width));
                if (batchNorm)
                    features.Add(BatchNorm(width));
                features.Add(Relu);
                channels = width;
            }
            features.Add(MaxPool(2, 2));
        }
        return Sequential(features);
    }

    /// <summary>Channels of a stage.</summary>
    internal static int Width(int stage) => Math.Min(64 << stage, 512);

    private static Layer Conv(int from, int to) => Conv(from, to, new Kernel2d(3));

    internal static Layer Conv(int from, int to, Kernel2d window) => new Conv(
        from, to, window, bias: true, initializer: Initialize.KaimingNormalFanOut, biasInitializer: Initialize.Zeros);

    internal static Layer Dense(int from, int to) =>
        Linear(from, to, initializer: Initialize.Normal(0.01), biasInitializer: Initialize.Zeros);
}
