using static TransferKit.InceptionV3;
using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>Inception v3 (Szegedy et al., 2016), Inception v4 and Inception-ResNet v2 (Szegedy et al., 2017).</summary>
internal static class Inception
{
    private const int Features = 1536;

    private static readonly Kernel2d Inner = new(3, padding: 0);

    public static Blueprint BuildV3(InceptionConfig _) => TransferKit.InceptionV3.Build(new Identity(), dropout: 0);

    public static Blueprint BuildV4(InceptionConfig _) => new(
        [
            ("features", Sequential([
                Unit(3, 32, Halve), Unit(32, 32, Inner), Unit(32, 64, Square(3)),
                Concat(MaxPool(3, 2), ("conv", Unit(64, 96, Halve))),
                Branches(
                    Sequential(Unit(160, 64, Square(1)), Unit(64, 96, Inner)),
                    Sequential(Unit(160, 64, Square(1)), Unit(64, 64, Row(7)), Unit(64, 64, Column(7)), Unit(64, 96, Inner))),
                Concat(("conv", Unit(192, 192, Halve)), MaxPool(3, 2)),
                .. Repeat(4, () => Branches(
                    Unit(384, 96, Square(1)),
                    Sequential(Unit(384, 64, Square(1)), Unit(64, 96, Square(3))),
                    Sequential(Unit(384, 64, Square(1)), Unit(64, 96, Square(3)), Unit(96, 96, Square(3))),
                    Pooled(384, 96))),
                Branches(
                    Unit(384, 384, Halve),
                    Sequential(Unit(384, 192, Square(1)), Unit(192, 224, Square(3)), Unit(224, 256, Halve)),
                    MaxPool(3, 2)),
                .. Repeat(7, () => Branches(
                    Unit(1024, 384, Square(1)),
                    Sequential(Unit(1024, 192, Square(1)), Unit(192, 224, Row(7)), Unit(224, 256, Column(7))),
                    Sequential(
                        Unit(1024, 192, Square(1)), Unit(192, 192, Column(7)), Unit(192, 224, Row(7)), Unit(224, 224, Column(7)),
                        Unit(224, 256, Row(7))),
                    Pooled(1024, 128))),
                Branches(
                    Sequential(Unit(1024, 192, Square(1)), Unit(192, 192, Halve)),
                    Sequential(
                        Unit(1024, 256, Square(1)), Unit(256, 256, Row(7)), Unit(256, 320, Column(7)), Unit(320, 320, Halve)),
                    MaxPool(3, 2)),
                .. Repeat(3, Forked),
            ])),
        ],
        output => [GlobalAveragePool, Flatten(), ("last_linear", output.Vector(Features))],
        Trunk: "features");

    public static Blueprint BuildResNetV2(InceptionConfig _) => new(
        [
            ("conv2d_1a", Unit(3, 32, Halve)), ("conv2d_2a", Unit(32, 32, Inner)), ("conv2d_2b", Unit(32, 64, Square(3))),
            MaxPool(3, 2), ("conv2d_3b", Unit(64, 80, Square(1))), ("conv2d_4a", Unit(80, 192, Inner)), MaxPool(3, 2),
            ("mixed_5b", Branches(
                Unit(192, 96, Square(1)),
                Sequential(Unit(192, 48, Square(1)), Unit(48, 64, Square(5))),
                Sequential(Unit(192, 64, Square(1)), Unit(64, 96, Square(3)), Unit(96, 96, Square(3))),
                Pooled(192, 64))),
            ("repeat", Sequential(Repeat(10, () => Added(320, 128, 0.17, Relu,
                Unit(320, 32, Square(1)),
                Sequential(Unit(320, 32, Square(1)), Unit(32, 32, Square(3))),
                Sequential(Unit(320, 32, Square(1)), Unit(32, 48, Square(3)), Unit(48, 64, Square(3))))))),
            ("mixed_6a", Branches(
                Unit(320, 384, Halve),
                Sequential(Unit(320, 256, Square(1)), Unit(256, 256, Square(3)), Unit(256, 384, Halve)),
                MaxPool(3, 2))),
            ("repeat_1", Sequential(Repeat(20, () => Added(1088, 384, 0.1, Relu,
                Unit(1088, 192, Square(1)),
                Sequential(Unit(1088, 128, Square(1)), Unit(128, 160, Row(7)), Unit(160, 192, Column(7))))))),
            ("mixed_7a", Branches(
                Sequential(Unit(1088, 256, Square(1)), Unit(256, 384, Halve)),
                Sequential(Unit(1088, 256, Square(1)), Unit(256, 288, Halve)),
                Sequential(Unit(1088, 256, Square(1)), Unit(256, 288, Square(3)), Unit(288, 320, Halve)),
                MaxPool(3, 2))),
            ("repeat_2", Sequential(Repeat(9, () => Small(0.2, Relu)))), ("block8", Small(1, new Identity())),
            ("conv2d_7b", Unit(2080, Features, Square(1))),
        ],
        output => [GlobalAveragePool, Flatten(), ("classif", output.Vector(Features))]);

    private static Layer Small(double scale, Layer then) => Added(2080, 448, scale, then,
        Unit(2080, 192, Square(1)),
        Sequential(Unit(2080, 192, Square(1)), Unit(192, 224, Row(3)), Unit(224, 256, Column(3))));

    // 8 × 8 pixels for images of 299, with branches that fork.
    private static Layer Forked() => Concat(
        ("branch0", Unit(Features, 256, Square(1))),
        Chain(
            ("branch1_0", Unit(Features, 384, Square(1))),
            Concat(("branch1_1a", Unit(384, 256, Row(3))), ("branch1_1b", Unit(384, 256, Column(3))))),
        Chain(
            ("branch2_0", Unit(Features, 384, Square(1))), ("branch2_1", Unit(384, 448, Column(3))),
            ("branch2_2", Unit(448, 512, Row(3))),
            Concat(("branch2_3a", Unit(512, 256, Row(3))), ("branch2_3b", Unit(512, 256, Column(3))))),
        ("branch3", Pooled(Features, 256)));

    /// <summary>Adds a share of what branches make of the map.</summary>
    private static Layer Added(int channels, int joined, double share, Layer then, params IReadOnlyList<Layer> branches) =>
        Residual(
            Chain(
                Branches(branches), ("conv2d", Conv(joined, channels, new Kernel2d(1), bias: true)), new ConstantScale(share)),
            then: then);

    private static Layer Branches(params IReadOnlyList<Layer> branches) =>
        Concat([.. branches.Select((branch, number) => new Child($"branch{number}", branch))]);

    private static Layer Pooled(int from, int to) => Sequential(new NeighborAverage(), Unit(from, to, Square(1)));

    private static Layer Unit(int from, int to, Kernel2d window) => TransferKit.InceptionV3.Conv(from, to, window, start: null);

    private static Layer[] Repeat(int count, Func<Layer> layer) => [.. Enumerable.Range(0, count).Select(_ => layer())];
}

/// <summary>
/// Nothing differs among the networks of one of the classes <c>InceptionV3</c>, <c>InceptionV4</c>, <c>InceptionResnetV2</c>.
/// </summary>
internal sealed record InceptionConfig;
