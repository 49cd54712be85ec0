using static TransferKit.Layers;

namespace TransferKit;

/// <summary>
/// ResNet (He et al., 2016; with the stride in the 3 × 3 convolution, as torchvision has it), ResNeXt (Xie et al., 2017) and
/// Wide ResNet (Zagoruyko and Komodakis, 2016).
/// </summary>
internal static class ResNet
{
    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("resnet18", () => Basic(2, 2, 2, 2)),
        new("resnet34", () => Basic(3, 4, 6, 3)),
        new("resnet50", () => Bottleneck(3, 4, 6, 3)),
        new("resnet101", () => Bottleneck(3, 4, 23, 3)),
        new("resnet152", () => Bottleneck(3, 8, 36, 3)),
        new("resnext50_32x4d", () => Bottleneck([3, 4, 6, 3], groups: 32, widthPerGroup: 4)),
        new("resnext101_32x8d", () => Bottleneck([3, 4, 23, 3], groups: 32, widthPerGroup: 8)),
        new("resnext101_64x4d", () => Bottleneck([3, 4, 23, 3], groups: 64, widthPerGroup: 4)),
        new("wide_resnet50_2", () => Bottleneck([3, 4, 6, 3], widthPerGroup: 128)),
        new("wide_resnet101_2", () => Bottleneck([3, 4, 23, 3], widthPerGroup: 128)),
    ];

    /// <summary>
    /// Of nine basic blocks, with three in the last stage: 20 layers with weights. The network of the package
    /// <c>TransferKit.Weights.ResNet20</c>; that of the same name for CIFAR-10 is another, of a quarter of the width.
    /// </summary>
    public static NamedBlueprint ResNet20 { get; } = new("resnet20", () => Basic(2, 2, 2, 3));

    private static Blueprint Basic(params int[] depths) => Build(depths, expansion: 1, (from, planes, stride) =>
    [
        ("conv1", Conv(from, planes, 3, stride)), ("bn1", BatchNorm(planes)), ("relu", Relu),
        ("conv2", Conv(planes, planes, 3)), ("bn2", BatchNorm(planes)),
    ]);

    private static Blueprint Bottleneck(params int[] depths) => Bottleneck(depths, groups: 1);

    private static Blueprint Bottleneck(int[] depths, int groups = 1, int widthPerGroup = 64) =>
        Build(depths, expansion: 4, (from, planes, stride) =>
        {
            var width = planes * widthPerGroup / 64 * groups;
            return
            [
                ("conv1", Conv(from, width, 1)), ("bn1", BatchNorm(width)), ("relu", Relu),
                ("conv2", Conv(width, width, 3, stride, groups)), ("bn2", BatchNorm(width)), Relu,
                ("conv3", Conv(width, 4 * planes, 1)), ("bn3", BatchNorm(4 * planes)),
            ];
        });

    private static Blueprint Build(int[] depths, int expansion, Func<int, int, int, IReadOnlyList<Child>> main)
    {
        var body = new List<Child>
        {
            ("conv1", Conv(3, 64, 7, 2)), ("bn1", BatchNorm(64)), ("relu", Relu), ("maxpool", MaxPool(3, 2, padding: 1)),
        };
        var channels = 64;
        for (var stage = 0; stage < depths.Length; stage++)
        {
            var planes = 64 << stage;
            var blocks = new Layer[depths[stage]];
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = Block(channels, planes, stride: i == 0 && stage > 0 ? 2 : 1);
                channels = planes * expansion;
            }
            body.Add(($"layer{stage + 1}", Sequential(blocks)));
        }
        return new Blueprint(body, output => [("avgpool", GlobalAveragePool), Flatten(), ("fc", output.Vector(channels))]);

        Layer Block(int from, int planes, int stride) => Residual(
            main: Chain(main(from, planes, stride)),
            skip: stride == 1 && from == planes * expansion ? null
                : ("downsample", Sequential(Conv(from, planes * expansion, 1, stride), BatchNorm(planes * expansion))),
            then: Relu);
    }

    private static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        new Conv(from, to, new Kernel2d(kernel, stride), groups, initializer: Initialize.KaimingNormalFanOut);
}
