using static TransferKit.Layers;

namespace TransferKit;

/// <summary>ShuffleNet V2 (Ma et al., 2018) at four widths.</summary>
internal static class ShuffleNetV2
{
    private static readonly int[] Depths = [4, 8, 4];

    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("shufflenet_v2_x0_5", () => Build([48, 96, 192], last: 1024)),
        new("shufflenet_v2_x1_0", () => Build([116, 232, 464], last: 1024)),
        new("shufflenet_v2_x1_5", () => Build([176, 352, 704], last: 1024)),
        new("shufflenet_v2_x2_0", () => Build([244, 488, 976], last: 2048)),
    ];

    private static Blueprint Build(int[] widths, int last)
    {
        var channels = 24;
        var body = new List<Child>
        {
            ("conv1", Sequential(Conv(3, channels, 3, stride: 2), BatchNorm(channels), Relu)),
            ("maxpool", MaxPool(3, 2, padding: 1)),
        };
        for (var stage = 0; stage < widths.Length; stage++)
        {
            var width = widths[stage];
            var rest = Enumerable.Range(1, Depths[stage] - 1).Select(_ => Unit(width));
            body.Add(($"stage{stage + 2}", Sequential([Halve(channels, width), .. rest])));
            channels = width;
        }
        body.Add(("conv5", Sequential(Conv(channels, last, 1), BatchNorm(last), Relu)));
        return new Blueprint(body, output => [GlobalAveragePool, Flatten(), ("fc", output.Vector(last))]);
    }

    // Half of the channels pass as they are.
    private static Layer Unit(int width) => Chain(
        SplitChannels(new Identity(), ("branch2", Main(width / 2, width / 2, stride: 1))), ChannelShuffle(2));

    private static Layer Halve(int from, int width) => Chain(
        Concat(
            ("branch1", Sequential(
                Depthwise(from, stride: 2), BatchNorm(from), Conv(from, width / 2, 1), BatchNorm(width / 2), Relu)),
            ("branch2", Main(from, width / 2, stride: 2))),
        ChannelShuffle(2));

    private static Layer Main(int from, int to, int stride) => Sequential(
        Conv(from, to, 1), BatchNorm(to), Relu, Depthwise(to, stride), BatchNorm(to), Conv(to, to, 1), BatchNorm(to), Relu);

    private static Layer Depthwise(int channels, int stride) =>
        new Conv(channels, channels, new Kernel2d(3, stride), groups: channels);

    private static Layer Conv(int from, int to, int kernel, int stride = 1) => new Conv(from, to, new Kernel2d(kernel, stride));
}
