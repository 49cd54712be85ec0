using System.Text.Json.Serialization;
using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// EfficientViT (Cai et al., 2023): convolutions, and in the last stages attention with ReLU in the place of softmax, over maps
/// of two scales. (timm has another family of that name, Microsoft's.)
/// </summary>
internal sealed class EfficientVit
{
    private readonly EfficientVitConfig _config;

    private EfficientVit(EfficientVitConfig config) => _config = config;

    public static Blueprint Build(EfficientVitConfig config) => new EfficientVit(config).Build();

    private Blueprint Build()
    {
        var (widths, depths, headWidths) = (_config.Widths, _config.Depths, _config.HeadWidths);
        List<Child> stem = [("in_conv", Unit(3, widths[0], 3, 2))];
        for (var i = 0; i < depths[0]; i++)
            stem.Add(($"res{i}", Residual(("main", _config.IsLarge ? Plain(widths[0]) : Separable(widths[0])))));
        var stages = Enumerable.Range(1, widths.Length - 1)
            .Select(i => Chain(("blocks", Sequential(_config.IsLarge ? LargeStage(i) : Stage(i)))));
        return new Blueprint(
            [("stem", Chain(stem)), ("stages", Sequential([.. stages]))],
            output =>
            [
                ("head", Chain(
                    ("in_conv", Unit(widths[^1], headWidths[0], 1)), ("global_pool", GlobalAveragePool), Flatten(),
                    ("classifier.0", Linear(headWidths[0], headWidths[1], bias: false)),
                    ("classifier.1", LayerNorm(headWidths[1], _config.NormEps)), Activate(),
                    ("classifier.4", output.Vector(headWidths[1])))),
            ],
            Trunk: "stages");
    }

    private List<Layer> Stage(int stage)
    {
        var (from, to, attends, ratio) = (_config.Widths[stage - 1], _config.Widths[stage], stage > 2, _config.ExpandRatio);
        List<Layer> blocks = [Chain(("main", Inverted(from, to, 2, ratio, fewerNorms: attends)))];
        for (var i = attends ? 0 : 1; i < _config.Depths[stage]; i++)
            blocks.Add(attends ? AttentionBlock(to, ratio) : Residual(("main", Inverted(to, to, 1, ratio, fewerNorms: false))));
        return blocks;
    }

    private List<Layer> LargeStage(int stage)
    {
        var (from, to, attends, fewerNorms) = (_config.Widths[stage - 1], _config.Widths[stage], stage > 3, stage > 2);
        List<Layer> blocks = [Chain(("main", Local(from, 2, attends ? 24 : 16)))];
        for (var i = 0; i < _config.Depths[stage]; i++)
            blocks.Add(attends ? AttentionBlock(to, 6) : Residual(("main", Local(to, 1, 4))));
        return blocks;

        Layer Local(int channels, int stride, int ratio) =>
            fewerNorms ? Inverted(channels, to, stride, ratio, fewerNorms: true) : Fused(channels, to, stride, ratio);
    }

    private Layer AttentionBlock(int channels, int ratio)
    {
        var heads = channels / _config.HeadDim;
        var all = 3 * heads * _config.HeadDim;
        var attention = new LinearAttention(
            _config.HeadDim, ("qkv", Chain(("conv", Conv(channels, all, new Kernel2d(1))))),
            ("aggreg.0", Sequential(Conv(all, all, new Kernel2d(5), all), Conv(all, all, new Kernel2d(1), 3 * heads))),
            ("proj", Unit(2 * heads * _config.HeadDim, channels, 1, isLinear: true)));
        return Chain(
            ("context_module", Residual(("main", attention))),
            ("local_module", Residual(("main", Inverted(channels, channels, 1, ratio, fewerNorms: true)))));
    }

    private Layer Separable(int channels) => Chain(
        ("depth_conv", Unit(channels, channels, 3, groups: channels)),
        ("point_conv", Unit(channels, channels, 1, isLinear: true)));

    private Layer Plain(int channels) => Chain(
        ("conv1", Unit(channels, channels, 3)), ("conv2", Unit(channels, channels, 3, isLinear: true)));

    private Layer Inverted(int from, int to, int stride, int ratio, bool fewerNorms)
    {
        var hidden = from * ratio;
        return Chain(
            ("inverted_conv", Unit(from, hidden, 1, hasNorm: !fewerNorms)),
            ("depth_conv", Unit(hidden, hidden, 3, stride, hidden, hasNorm: !fewerNorms)),
            ("point_conv", Unit(hidden, to, 1, isLinear: true)));
    }

    private Layer Fused(int from, int to, int stride, int ratio) => Chain(
        ("spatial_conv", Unit(from, from * ratio, 3, stride)), ("point_conv", Unit(from * ratio, to, 1, isLinear: true)));

    /// <summary>A convolution, which has biases where it has no norm.</summary>
    private Layer Unit(
        int from, int to, int kernel, int stride = 1, int groups = 1, bool hasNorm = true, bool isLinear = false) =>
        Chain(
            ("conv", Conv(from, to, new Kernel2d(kernel, stride), groups, bias: !hasNorm)),
            ("norm", hasNorm ? BatchNorm(to, _config.NormEps) : new Identity()), isLinear ? new Identity() : Activate());

    private Layer Activate() => new Activation(_config.IsLarge ? ActivationFunction.GeluTanh : ActivationFunction.Hardswish);
}

/// <summary>
/// Attention whose time is in proportion to the pixels, by the ReLU of queries and keys, over a map of queries, keys and values
/// and what convolutions make of it, <c>[N, C, H, W]</c> → <c>[N, C', H, W]</c>.
/// </summary>
/// <param name="width">Features of a head, D.</param>
/// <param name="projection">Makes queries, keys and values, head by head, <c>[N, heads · 3 · D, H, W]</c>.</param>
/// <param name="aggregation">Makes those of larger surroundings of them.</param>
/// <param name="output">What the heads' results go through, <c>[N, 2 · heads · D, H, W]</c> → <c>[N, C', H, W]</c>.</param>
internal sealed class LinearAttention(int width, Child projection, Child aggregation, Child output) : Layer
{
    private const float Epsilon = 1e-5f;

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = [projection, aggregation, output];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        var near = ops.Run(Children[0].Layer, input);
        var both = ops.Concat(1, near, ops.Run(Children[1].Layer, near));
        var heads = ops.Size(both, 1) / (3 * width);
        var parts = ops.Split(
            ops.ToFloat32(ops.Reshape(both, sizes[0], heads, 3 * width, sizes[2] * sizes[3])), 2, width, width, width);
        var queries = ops.Permute(ops.Activate(ActivationFunction.Relu, parts[0]), 0, 1, 3, 2);
        var keys = ops.Activate(ActivationFunction.Relu, parts[1]);
        // A feature of ones among the values gives the sum of the weights.
        var ones = ops.Exp(ops.Scale(ops.Slice(parts[2], 2, 0, 1), 0));
        var values = ops.Permute(ops.Concat(2, parts[2], ones), 0, 1, 3, 2);
        var sums = ops.Split(ops.MatMul(queries, ops.MatMul(keys, values)), 3, width, 1);
        var averages = ops.Divide(sums[0], ops.Add(sums[1], ops.Constant(sums[1], [Epsilon], 1)));
        var map = ops.Reshape(ops.Permute(averages, 0, 1, 3, 2), sizes[0], heads * width, sizes[2], sizes[3]);
        return ops.Run(Children[2].Layer, ops.Cast(map, input));
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>EfficientVit</c>.</summary>
internal record EfficientVitConfig
{
    /// <summary>Channels of the stem and of each stage.</summary>
    public int[] Widths { get; set; } = [];

    /// <summary>Blocks of the stem and of each stage.</summary>
    public int[] Depths { get; set; } = [];

    /// <summary>Features of a head.</summary>
    public int HeadDim { get; set; } = 32;

    /// <summary>A block's inner channels for each channel.</summary>
    public int ExpandRatio { get; set; } = 4;

    /// <summary>Channels of the two layers in front of the classifier.</summary>
    public int[] HeadWidths { get; set; } = [];

    /// <summary>Whether blocks are those of the large networks.</summary>
    [JsonIgnore]
    public virtual bool IsLarge => false;

    /// <summary>Added to the variance in norms.</summary>
    [JsonIgnore]
    public virtual double NormEps => 1e-5;
}

/// <summary>As timm's <c>EfficientVitLarge</c>.</summary>
internal sealed record EfficientVitLargeConfig : EfficientVitConfig
{
    public override bool IsLarge => true;

    public override double NormEps => 1e-7;
}
