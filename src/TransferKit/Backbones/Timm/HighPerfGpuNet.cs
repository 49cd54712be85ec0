using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// PP-HGNet and PP-HGNetV2 (PaddlePaddle, 2022, 2023), timm's HGNet: blocks that join what each of their layers gives.
/// </summary>
internal sealed class HighPerfGpuNet
{
    private const int HeadHiddenSize = 2048;

    private readonly HighPerfGpuNetConfig _config;

    private HighPerfGpuNet(HighPerfGpuNetConfig config) => _config = config;

    public static Blueprint Build(HighPerfGpuNetConfig config) => new HighPerfGpuNet(config).Build();

    private bool IsV2 => _config.Cfg.StemType == HighPerfGpuStem.V2;

    private Blueprint Build()
    {
        HighPerfGpuStage[] stages = [_config.Cfg.Stage1, _config.Cfg.Stage2, _config.Cfg.Stage3, _config.Cfg.Stage4];
        var channels = stages[^1].Out;
        return new Blueprint(
            [("stem", IsV2 ? StemV2() : StemV1()), ("stages", Sequential([.. stages.Select(Stage)]))],
            output =>
            [
                ("head", Chain(
                    ("global_pool", GlobalAveragePool),
                    ("last_conv", Sequential(Conv(channels, HeadHiddenSize, 1), Relu, Affine())),
                    Flatten(), ("fc", output.Vector(HeadHiddenSize, Classifier)))),
            ],
            Trunk: "stages");

        static Layer Classifier(int from, int to) => Linear(from, to, biasInitializer: Initialize.Zeros);
    }

    private Layer StemV1()
    {
        var (first, widths) = (3, _config.Cfg.StemChs);
        var layers = new List<Layer>();
        foreach (var width in widths)
        {
            layers.Add(Unit(first, width, 3, layers.Count == 0 ? 2 : 1));
            first = width;
        }
        return Chain(("stem", Sequential(layers)), ("pool", MaxPool(3, 2, padding: 1)));
    }

    private Layer StemV2()
    {
        var (hidden, to) = (_config.Cfg.StemChs[0], _config.Cfg.StemChs[1]);
        // A kernel of two pixels in the place of each pixel, with zeros behind the last.
        var pad = new SamePadding(new Kernel2d(2));
        return Chain(
            ("stem1", Unit(3, hidden, 3, 2)), pad,
            new Concat(
                ("pool", MaxPool(2, 1)),
                Chain(("stem2a", Unit(hidden, hidden / 2, 2)), pad, ("stem2b", Unit(hidden / 2, hidden, 2)))),
            ("stem3", Unit(2 * hidden, hidden, 3, 2)), ("stem4", Unit(hidden, to, 1)));
    }

    private Layer Stage(HighPerfGpuStage stage)
    {
        var down = stage.Downsample ? Unit(stage.In, stage.In, 3, 2, groups: stage.In, isLinear: true) : new Identity();
        var blocks = Enumerable.Range(0, stage.Blocks)
            .Select(i => Block(i == 0 ? stage.In : stage.Out, stage, isResidual: i > 0));
        return Chain(("downsample", down), ("blocks", Sequential([.. blocks])));
    }

    private Layer Block(int from, HighPerfGpuStage stage, bool isResidual)
    {
        var layers = Enumerable.Range(0, stage.Layers)
            .Select(i => (Child)($"layers.{i}", Step(i == 0 ? from : stage.Mid, stage)));
        var (joined, to) = (from + stage.Layers * stage.Mid, stage.Out);
        var aggregation = IsV2
            ? Sequential(Unit(joined, to / 2, 1), Unit(to / 2, to, 1))
            : Sequential(Unit(joined, to, 1), Gate(GlobalAveragePool, ("conv", Conv(to, to, 1, bias: true)), Sigmoid));
        var main = Chain(new JoinedSteps([.. layers]), ("aggregation", aggregation));
        return isResidual ? Residual(main) : main;
    }

    private Layer Step(int from, HighPerfGpuStage stage) => stage.IsLight
        ? Chain(
            ("conv1", Unit(from, stage.Mid, 1, isLinear: true)),
            ("conv2", Unit(stage.Mid, stage.Mid, stage.Kernel, groups: stage.Mid)))
        : Unit(from, stage.Mid, stage.Kernel);

    private Layer Unit(int from, int to, int kernel, int stride = 1, int groups = 1, bool isLinear = false) => Chain(
        ("conv", Conv(from, to, kernel, stride, groups)), ("bn", BatchNorm(to)),
        isLinear ? new Identity() : Chain(Relu, ("lab", Affine())));

    private Layer Affine() => _config.UseLab ? new Affine("scale", "bias", 1) : new Identity();

    private static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1, bool bias = false) => Layers.Conv(
        from, to, new Kernel2d(kernel, stride, kernel == 2 ? 0 : null), groups, bias, Initialize.KaimingNormalFanOut);

    /// <summary>Runs layers one after the other, and joins their input and what each of them gives along the channels.</summary>
    private sealed class JoinedSteps(IReadOnlyList<Child> layers) : Layer
    {
        /// <inheritdoc/>
        public override IReadOnlyList<Child> Children { get; } = layers;

        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            var steps = new List<T> { input };
            foreach (var child in Children)
                steps.Add(ops.Run(child.Layer, steps[^1]));
            return ops.Concat(1, steps);
        }
    }
}
