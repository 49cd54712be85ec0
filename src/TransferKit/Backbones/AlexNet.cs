using static TransferKit.Layers;

namespace TransferKit;

/// <summary>AlexNet (Krizhevsky, 2014: "One weird trick for parallelizing convolutional neural networks").</summary>
internal static class AlexNet
{
    public static IReadOnlyList<NamedBlueprint> Models { get; } = [new("alexnet", Build)];

    private static Blueprint Build() => new(
        [
            ("features", Sequential(
                Conv(3, 64, new Kernel2d(11, stride: 4, padding: 2)), Relu, MaxPool(3, 2),
                Conv(64, 192, new Kernel2d(5)), Relu, MaxPool(3, 2),
                Conv(192, 384, new Kernel2d(3)), Relu,
                Conv(384, 256, new Kernel2d(3)), Relu,
                Conv(256, 256, new Kernel2d(3)), Relu, MaxPool(3, 2))),
        ],
        output =>
        [
            ("avgpool", new GlobalPool(PoolKind.Average, 6)), Flatten(),
            ("classifier", Sequential(
                Dropout(0.5), Linear(256 * 6 * 6, 4096), Relu,
                Dropout(0.5), Linear(4096, 4096), Relu,
                output.Vector(4096))),
        ],
        Trunk: "features");

    private static Layer Conv(int from, int to, Kernel2d window) => new Conv(from, to, window, bias: true);
}
