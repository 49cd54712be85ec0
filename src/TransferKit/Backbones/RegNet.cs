using static TransferKit.Layers;

namespace TransferKit;

/// <summary>RegNet X and Y (Radosavovic et al., 2020); Y has squeeze-and-excitation.</summary>
internal static class RegNet
{
    private const int StemWidth = 32;

    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("regnet_x_400mf", () => X(depth: 22, first: 24, slope: 24.48, step: 2.54, group: 16)),
        new("regnet_x_800mf", () => X(depth: 16, first: 56, slope: 35.73, step: 2.28, group: 16)),
        new("regnet_x_1_6gf", () => X(depth: 18, first: 80, slope: 34.01, step: 2.25, group: 24)),
        new("regnet_x_3_2gf", () => X(depth: 25, first: 88, slope: 26.31, step: 2.25, group: 48)),
        new("regnet_x_8gf", () => X(depth: 23, first: 80, slope: 49.56, step: 2.88, group: 120)),
        new("regnet_x_16gf", () => X(depth: 22, first: 216, slope: 55.59, step: 2.1, group: 128)),
        new("regnet_x_32gf", () => X(depth: 23, first: 320, slope: 69.86, step: 2, group: 168)),
        new("regnet_y_400mf", () => Y(depth: 16, first: 48, slope: 27.89, step: 2.09, group: 8)),
        new("regnet_y_800mf", () => Y(depth: 14, first: 56, slope: 38.84, step: 2.4, group: 16)),
        new("regnet_y_1_6gf", () => Y(depth: 27, first: 48, slope: 20.71, step: 2.65, group: 24)),
        new("regnet_y_3_2gf", () => Y(depth: 21, first: 80, slope: 42.63, step: 2.66, group: 24)),
        new("regnet_y_8gf", () => Y(depth: 17, first: 192, slope: 76.82, step: 2.19, group: 56)),
        new("regnet_y_16gf", () => Y(depth: 18, first: 200, slope: 106.23, step: 2.48, group: 112)),
        new("regnet_y_32gf", () => Y(depth: 20, first: 232, slope: 115.89, step: 2.53, group: 232)),
        new("regnet_y_128gf", () => Y(depth: 27, first: 456, slope: 160.83, step: 2.52, group: 264)),
    ];

    private static Blueprint X(int depth, int first, double slope, double step, int group) =>
        Build(Stages(depth, first, slope, step), group, squeezes: false);

    private static Blueprint Y(int depth, int first, double slope, double step, int group) =>
        Build(Stages(depth, first, slope, step), group, squeezes: true);

    /// <summary>
    /// The paper's widths, which grow by a constant from block to block, rounded to powers of a step and then to multiples of 8;
    /// blocks of the same width are a stage.
    /// </summary>
    public static IEnumerable<(int Width, int Depth)> Stages(int depth, int first, double slope, double step) =>
        from block in Enumerable.Range(0, depth)
        let power = Math.Round(Math.Log((first + slope * block) / first) / Math.Log(step))
        let width = (int)Math.Round(first * Math.Pow(step, power) / 8) * 8
        group block by width into stage
        select (stage.Key, stage.Count());

    private static Blueprint Build(IEnumerable<(int Width, int Depth)> stages, int groupWidth, bool squeezes)
    {
        var trunk = new List<Child>();
        var channels = StemWidth;
        foreach (var stage in stages)
        {
            var group = Math.Min(groupWidth, stage.Width);
            var width = ChannelCount.Round(stage.Width, divisor: group);
            var name = $"block{trunk.Count + 1}";
            var blocks = new Child[stage.Depth];
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = ($"{name}-{i}", Bottleneck(channels, width, stride: i == 0 ? 2 : 1, groups: width / group, squeezes));
                channels = width;
            }
            trunk.Add((name, Chain(blocks)));
        }
        return new Blueprint(
            [("stem", ConvNormRelu(3, StemWidth, 3, stride: 2)), ("trunk_output", Chain(trunk))],
            output =>
            [
                ("avgpool", GlobalAveragePool), Flatten(), ("fc", output.Vector(channels, (from, to) =>
                    Linear(from, to, initializer: Initialize.Normal(0.01), biasInitializer: Initialize.Zeros))),
            ],
            Trunk: "trunk_output");
    }

    private static Layer Bottleneck(int from, int width, int stride, int groups, bool squeezes)
    {
        var main = new List<Child>
        {
            ("a", ConvNormRelu(from, width, 1)), ("b", ConvNormRelu(width, width, 3, stride, groups)),
        };
        if (squeezes)
            main.Add(("se", SqueezeExcitation(
                width, (int)Math.Round(0.25 * from), Relu, Sigmoid, Initialize.KaimingNormalFanOut)));
        main.Add(("c", Sequential(Conv(width, width, 1), BatchNorm(width))));
        return Residual(
            main: ("f", Chain(main)),
            skip: stride == 1 && from == width ? null : ("proj", Sequential(Conv(from, width, 1, stride), BatchNorm(width))),
            then: ("activation", Relu));
    }

    private static Layer ConvNormRelu(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        Sequential(Conv(from, to, kernel, stride, groups), BatchNorm(to), Relu);

    private static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        new Conv(from, to, new Kernel2d(kernel, stride), groups, initializer: Initialize.KaimingNormalFanOut);
}
