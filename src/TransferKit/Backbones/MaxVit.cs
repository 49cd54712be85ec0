using static TransferKit.Layers;

namespace TransferKit;

/// <summary>
/// MaxViT (Tu et al., 2022): convolutions, attention within windows and attention over a grid in turn. It takes images whose
/// height and width are multiples of 224 px.
/// </summary>
internal static class MaxVit
{
    private const int HeadFeatures = 32, PartitionSize = 7, Reduction = 32;

    private static readonly Initializer Start = Initialize.Normal(0.02);

    public static IReadOnlyList<NamedBlueprint> Models { get; } =
        [new("maxvit_t", () => Build(64, [64, 128, 256, 512], [2, 2, 5, 2], stochasticDepth: 0.2))];

    private static Blueprint Build(int channels, int[] widths, int[] depths, double stochasticDepth)
    {
        Child stem = ("stem",
            Sequential(ConvNormGelu(3, channels, 3, stride: 2), Sequential(Conv(channels, channels, 3, bias: true))));
        var (index, count) = (0, depths.Sum());
        var blocks = new List<Layer>();
        foreach (var (width, depth) in widths.Zip(depths))
        {
            var layers = new Layer[depth];
            for (var i = 0; i < depth; i++)
            {
                layers[i] = MaxVitLayer(channels, width, stride: i == 0 ? 2 : 1, stochasticDepth * index++ / (count - 1));
                channels = width;
            }
            blocks.Add(Chain(("layers", Sequential(layers))));
        }
        return new Blueprint(
            [stem, ("blocks", Sequential([.. blocks]))],
            output =>
            [
                ("classifier", Sequential(
                    GlobalAveragePool, Flatten(), LayerNorm(channels), Linear(channels, channels, true), Tanh,
                    output.Vector(channels, (from, to) => Linear(from, to, bias: false)))),
            ],
            Trunk: "blocks")
        { SizeMultiple = Reduction * PartitionSize };
    }

    private static Layer MaxVitLayer(int from, int to, int stride, double stochasticDepth) => Chain(("layers", Chain(
        ("MBconv", MobileConv(from, to, stride, stochasticDepth)),
        ("window_attention", Attention(PartitionKind.Window, to, stochasticDepth)),
        ("grid_attention", Attention(PartitionKind.Grid, to, stochasticDepth)))));

    private static Layer MobileConv(int from, int to, int stride, double stochasticDepth)
    {
        var hidden = 4 * to;
        return Residual(
            main: Chain(
                ("layers", Chain(
                    ("pre_norm", Norm(from)),
                    ("conv_a", ConvNormGelu(from, hidden, 1)),
                    ("conv_b", ConvNormGelu(hidden, hidden, 3, stride, groups: hidden)),
                    ("squeeze_excitation", SqueezeExcitation(hidden, to / 4, Silu, Sigmoid, Start, Initialize.Zeros)),
                    ("conv_c", Conv(hidden, to, 1, bias: true)))),
                ("stochastic_depth", StochasticDepth(stochasticDepth))),
            skip: stride == 1 && from == to ? null
                : ("proj", Sequential(AveragePool(3, stride, padding: 1), Conv(from, to, 1, bias: true))));
    }

    private static Layer Attention(PartitionKind kind, int channels, double stochasticDepth) => new Partition(kind, PartitionSize,
        Residual(Chain(
            ("attn_layer", Sequential(
                LayerNorm(channels), Attention(channels, channels / HeadFeatures, PartitionSize, Start))),
            ("stochastic_dropout", StochasticDepth(stochasticDepth)))),
        Residual(Chain(
            ("mlp_layer", Sequential(
                LayerNorm(channels), Linear(channels, 4 * channels, true), Gelu, Linear(4 * channels, channels, true))),
            ("stochastic_dropout", StochasticDepth(stochasticDepth)))));

    /// <summary>
    /// Attention within windows of <c>size × size</c> pixels, with a learned bias for every offset between two pixels.
    /// </summary>
    internal static Layer Attention(int features, int heads, int size, Initializer start)
    {
        var tokens = size * size;
        return Chain(
            ("to_qkv", new Linear(features, 3 * features, true, start, Initialize.Zeros)),
            new GroupAttention(features, heads, tokens, new RelativeTableBias(size, heads, rows: null, tokens, tokens))
            {
                // By the root of all features, and not of a head's alone.
                Scale = 1 / Math.Sqrt(features),
            },
            ("merge", new Linear(features, features, true, start, Initialize.Zeros)));
    }

    private static Layer ConvNormGelu(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        Sequential(Conv(from, to, kernel, stride, groups), Norm(to), Gelu);

    private static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1, bool bias = false) => new Conv(
        from, to, new Kernel2d(kernel, stride), groups, bias, initializer: Start, biasInitializer: Initialize.Zeros);

    private static Layer Norm(int channels) => BatchNorm(channels, epsilon: 1e-3, momentum: 0.99);

    private static Layer Linear(int from, int to, bool bias) => new Linear(from, to, bias, Start, Initialize.Zeros);
}
