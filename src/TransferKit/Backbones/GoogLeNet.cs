using static TransferKit.Layers;

namespace TransferKit;

/// <summary>
/// GoogLeNet (Szegedy et al., 2015) with batch norm, without the auxiliary heads. Its widest kernels are 3 × 3 where the paper
/// has 5 × 5: torchvision's weights were trained so.
/// </summary>
internal static class GoogLeNet
{
    public static IReadOnlyList<NamedBlueprint> Models { get; } = [new("googlenet", Build)];

    private static Blueprint Build() => new(
        [
            new TransformInput(),
            ("conv1", Conv(3, 64, 7, stride: 2)), ("maxpool1", Shrink(3)),
            ("conv2", Conv(64, 64, 1)), ("conv3", Conv(64, 192, 3)), ("maxpool2", Shrink(3)),
            ("inception3a", Inception(192, 64, 96, 128, 16, 32, 32)),
            ("inception3b", Inception(256, 128, 128, 192, 32, 96, 64)), ("maxpool3", Shrink(3)),
            ("inception4a", Inception(480, 192, 96, 208, 16, 48, 64)),
            ("inception4b", Inception(512, 160, 112, 224, 24, 64, 64)),
            ("inception4c", Inception(512, 128, 128, 256, 24, 64, 64)),
            ("inception4d", Inception(512, 112, 144, 288, 32, 64, 64)),
            ("inception4e", Inception(528, 256, 160, 320, 32, 128, 128)), ("maxpool4", Shrink(2)),
            ("inception5a", Inception(832, 256, 160, 320, 32, 128, 128)),
            ("inception5b", Inception(832, 384, 192, 384, 48, 128, 128)),
        ],
        output =>
        [
            ("avgpool", GlobalAveragePool), Flatten(), ("dropout", Dropout(0.2)),
            ("fc", output.Vector(1024, (from, to) => Linear(from, to, initializer: Start))),
        ]);

    private static Initializer Start => Initialize.TruncatedNormal(0.01);

    private static Layer Inception(int from, int single, int reduce3, int to3, int reduce5, int to5, int pooled) => Concat(
        ("branch1", Conv(from, single, 1)),
        ("branch2", Sequential(Conv(from, reduce3, 1), Conv(reduce3, to3, 3))),
        ("branch3", Sequential(Conv(from, reduce5, 1), Conv(reduce5, to5, 3))),
        ("branch4", Sequential(MaxPool(3, 1, padding: 1, ceiling: true), Conv(from, pooled, 1))));

    private static Layer Shrink(int kernel) => MaxPool(kernel, 2, ceiling: true);

    private static Layer Conv(int from, int to, int kernel, int stride = 1) => Chain(
        ("conv", new Conv(from, to, new Kernel2d(kernel, stride), initializer: Start)),
        ("bn", BatchNorm(to, epsilon: 1e-3)), Relu);
}
