using static TransferKit.Layers;

namespace TransferKit;

/// <summary>SqueezeNet (Iandola et al., 2016), versions 1.0 and 1.1.</summary>
internal static class SqueezeNet
{
    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("squeezenet1_0", () => Build(
            Conv(3, 96, new Kernel2d(7, stride: 2, padding: 0)), Relu, Pool,
            Fire(96, 16, 64), Fire(128, 16, 64), Fire(128, 32, 128), Pool,
            Fire(256, 32, 128), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Pool,
            Fire(512, 64, 256))),
        new("squeezenet1_1", () => Build(
            Conv(3, 64, new Kernel2d(3, stride: 2, padding: 0)), Relu, Pool,
            Fire(64, 16, 64), Fire(128, 16, 64), Pool,
            Fire(128, 32, 128), Fire(256, 32, 128), Pool,
            Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256))),
    ];

    // torchvision's classifier scores every pixel and averages the scores; other heads get the average of the features.
    private static Blueprint Build(params Layer[] features) => new(
        [("features", Sequential(features))],
        output => output.IsLinear
            ? [("classifier", Sequential(Dropout(0.5), output.Map(512, Initialize.Normal(0.01)), Relu, GlobalAveragePool)),
                Flatten()]
            : [("classifier", Sequential(GlobalAveragePool, Flatten(), output.Vector(512)))],
        Trunk: "features");

    private static Layer Pool => MaxPool(3, 2, ceiling: true);

    private static Layer Fire(int from, int squeeze, int expand) => Chain(
        ("squeeze", Conv(from, squeeze, new Kernel2d(1))), ("squeeze_activation", Relu),
        Concat(
            Chain(("expand1x1", Conv(squeeze, expand, new Kernel2d(1))), ("expand1x1_activation", Relu)),
            Chain(("expand3x3", Conv(squeeze, expand, new Kernel2d(3))), ("expand3x3_activation", Relu))));

    private static Layer Conv(int from, int to, Kernel2d window) => new Conv(
        from, to, window, bias: true, initializer: Initialize.KaimingUniform, biasInitializer: Initialize.Zeros);
}
