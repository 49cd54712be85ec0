using static TransferKit.Layers;

namespace TransferKit;

/// <summary>Inception v3 (Szegedy et al., 2016), without the auxiliary head.</summary>
internal static class InceptionV3
{
    public static IReadOnlyList<NamedBlueprint> Models { get; } =
        [new("inception_v3", () => Build(new TransformInput(), dropout: 0.5))];

    /// <summary>The network.</summary>
    /// <param name="first">What is done to images.</param>
    /// <param name="dropout">How much of what the classifier sees is dropped in training, in <c>[0, 1)</c>.</param>
    internal static Blueprint Build(Layer first, double dropout) => new(
        [
            first,
            ("Conv2d_1a_3x3", Conv(3, 32, Halve)), ("Conv2d_2a_3x3", Conv(32, 32, new Kernel2d(3, padding: 0))),
            ("Conv2d_2b_3x3", Conv(32, 64, Square(3))), ("maxpool1", MaxPool(3, 2)),
            ("Conv2d_3b_1x1", Conv(64, 80, Square(1))), ("Conv2d_4a_3x3", Conv(80, 192, new Kernel2d(3, padding: 0))),
            ("maxpool2", MaxPool(3, 2)),
            ("Mixed_5b", Mixed5(192, pooled: 32)), ("Mixed_5c", Mixed5(256, pooled: 64)), ("Mixed_5d", Mixed5(288, pooled: 64)),
            ("Mixed_6a", Reduce6(288)),
            ("Mixed_6b", Mixed6(128)), ("Mixed_6c", Mixed6(160)), ("Mixed_6d", Mixed6(160)), ("Mixed_6e", Mixed6(192)),
            ("Mixed_7a", Reduce7(768)), ("Mixed_7b", Mixed7(1280)), ("Mixed_7c", Mixed7(2048)),
        ],
        output =>
        [
            ("avgpool", GlobalAveragePool), ("dropout", Dropout(dropout)), Flatten(),
            ("fc", output.Vector(2048, (from, to) => Linear(from, to, initializer: Start))),
        ]);

    // 35 × 35 pixels for images of 299: torchvision's InceptionA.
    private static Layer Mixed5(int from, int pooled) => Concat(
        ("branch1x1", Conv(from, 64, Square(1))),
        Chain(("branch5x5_1", Conv(from, 48, Square(1))), ("branch5x5_2", Conv(48, 64, Square(5)))),
        Chain(
            ("branch3x3dbl_1", Conv(from, 64, Square(1))), ("branch3x3dbl_2", Conv(64, 96, Square(3))),
            ("branch3x3dbl_3", Conv(96, 96, Square(3)))),
        Pooled(from, pooled));

    // From 35 × 35 to 17 × 17: InceptionB.
    private static Layer Reduce6(int from) => Concat(
        ("branch3x3", Conv(from, 384, Halve)),
        Chain(
            ("branch3x3dbl_1", Conv(from, 64, Square(1))), ("branch3x3dbl_2", Conv(64, 96, Square(3))),
            ("branch3x3dbl_3", Conv(96, 96, Halve))),
        MaxPool(3, 2));

    // 17 × 17, with 7 × 7 kernels in two steps: InceptionC.
    private static Layer Mixed6(int width) => Concat(
        ("branch1x1", Conv(768, 192, Square(1))),
        Chain(
            ("branch7x7_1", Conv(768, width, Square(1))), ("branch7x7_2", Conv(width, width, Row(7))),
            ("branch7x7_3", Conv(width, 192, Column(7)))),
        Chain(
            ("branch7x7dbl_1", Conv(768, width, Square(1))), ("branch7x7dbl_2", Conv(width, width, Column(7))),
            ("branch7x7dbl_3", Conv(width, width, Row(7))), ("branch7x7dbl_4", Conv(width, width, Column(7))),
            ("branch7x7dbl_5", Conv(width, 192, Row(7)))),
        Pooled(768, 192));

    // From 17 × 17 to 8 × 8: InceptionD.
    private static Layer Reduce7(int from) => Concat(
        Chain(("branch3x3_1", Conv(from, 192, Square(1))), ("branch3x3_2", Conv(192, 320, Halve))),
        Chain(
            ("branch7x7x3_1", Conv(from, 192, Square(1))), ("branch7x7x3_2", Conv(192, 192, Row(7))),
            ("branch7x7x3_3", Conv(192, 192, Column(7))), ("branch7x7x3_4", Conv(192, 192, Halve))),
        MaxPool(3, 2));

    // 8 × 8, with branches that fork: InceptionE.
    private static Layer Mixed7(int from) => Concat(
        ("branch1x1", Conv(from, 320, Square(1))),
        Chain(
            ("branch3x3_1", Conv(from, 384, Square(1))),
            Concat(("branch3x3_2a", Conv(384, 384, Row(3))), ("branch3x3_2b", Conv(384, 384, Column(3))))),
        Chain(
            ("branch3x3dbl_1", Conv(from, 448, Square(1))), ("branch3x3dbl_2", Conv(448, 384, Square(3))),
            Concat(("branch3x3dbl_3a", Conv(384, 384, Row(3))), ("branch3x3dbl_3b", Conv(384, 384, Column(3))))),
        Pooled(from, 192));

    private static Layer Pooled(int from, int to) =>
        Chain(AveragePool(3, 1, padding: 1), ("branch_pool", Conv(from, to, Square(1))));

    private static Initializer Start => Initialize.TruncatedNormal(0.1);

    private static Layer Conv(int from, int to, Kernel2d window) => Conv(from, to, window, Start);

    /// <summary>
    /// A convolution with batch norm and ReLU; the kernel starts as PyTorch's default where nothing else is said.
    /// </summary>
    internal static Layer Conv(int from, int to, Kernel2d window, Initializer? start) =>
        Chain(("conv", new Conv(from, to, window, initializer: start)), ("bn", BatchNorm(to, epsilon: 1e-3)), Relu);

    internal static Kernel2d Square(int kernel) => new(kernel);

    internal static Kernel2d Halve => new(3, stride: 2, padding: 0);

    internal static Kernel2d Row(int kernel) => new(Line(1), Line(kernel));

    internal static Kernel2d Column(int kernel) => new(Line(kernel), Line(1));

    private static KernelAxis Line(int kernel) => new(kernel, Stride: 1, Padding: kernel / 2, Dilation: 1);
}
