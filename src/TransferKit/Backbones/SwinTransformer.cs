using static TransferKit.Layers;

namespace TransferKit;

/// <summary>
/// Swin Transformer (Liu et al., 2021) and Swin Transformer V2 (Liu et al., 2022). They take images of any size from 4 px on;
/// the weights were trained at 224 px and at 256 px.
/// </summary>
internal static class SwinTransformer
{
    private static readonly Initializer Start = Initialize.TruncatedNormal(0.02);

    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("swin_t", () => Build(96, [2, 2, 6, 2], heads: 3, stochasticDepth: 0.2, BlockV1, MergingV1)),
        new("swin_s", () => Build(96, [2, 2, 18, 2], heads: 3, stochasticDepth: 0.3, BlockV1, MergingV1)),
        new("swin_b", () => Build(128, [2, 2, 18, 2], heads: 4, stochasticDepth: 0.5, BlockV1, MergingV1)),
        new("swin_v2_t", () => Build(96, [2, 2, 6, 2], heads: 3, stochasticDepth: 0.2, BlockV2, MergingV2)),
        new("swin_v2_s", () => Build(96, [2, 2, 18, 2], heads: 3, stochasticDepth: 0.3, BlockV2, MergingV2)),
        new("swin_v2_b", () => Build(128, [2, 2, 18, 2], heads: 4, stochasticDepth: 0.5, BlockV2, MergingV2)),
    ];

    private delegate Layer Block(int channels, int heads, bool shifted, double stochasticDepth);

    private static Blueprint Build(
        int channels, int[] depths, int heads, double stochasticDepth, Block block, Func<int, Layer> merging)
    {
        var features = new List<Layer>
        {
            Sequential(new Conv(3, channels, new Kernel2d(4, stride: 4, padding: 0), bias: true),
                ChannelsLast, LayerNorm(channels)),
        };
        var (index, blocks) = (0, depths.Sum());
        for (var stage = 0; stage < depths.Length; stage++)
        {
            if (stage > 0)
            {
                features.Add(merging(channels));
                (channels, heads) = (2 * channels, 2 * heads);
            }
            features.Add(Sequential([.. Enumerable.Range(0, depths[stage])
                .Select(i => block(channels, heads, shifted: i % 2 == 1, stochasticDepth * index++ / (blocks - 1)))]));
        }
        return new Blueprint(
            [("features", Sequential([.. features])), ("norm", LayerNorm(channels)), ("permute", ChannelsFirst)],
            output => [("avgpool", GlobalAveragePool), ("flatten", Flatten()), ("head", output.Vector(channels, Linear))],
            Trunk: "features");
    }

    private static Layer BlockV1(int channels, int heads, bool shifted, double stochasticDepth) =>
        BlockV1(channels, AttentionV1(channels, heads, size: 7, shifted), FeedForward(channels), stochasticDepth);

    private static Layer BlockV2(int channels, int heads, bool shifted, double stochasticDepth) => BlockV2(
        AttentionV2(channels, heads, size: 8, shifted), LayerNorm(channels), FeedForward(channels), LayerNorm(channels),
        stochasticDepth);

    /// <summary>A block of the first version, which norms in front of attention and perceptron.</summary>
    internal static Layer BlockV1(int channels, Layer attention, Layer mlp, double stochasticDepth) => Chain(
        Residual(Chain(("norm1", LayerNorm(channels)), ("attn", attention), StochasticDepth(stochasticDepth))),
        Residual(Chain(("norm2", LayerNorm(channels)), ("mlp", mlp), StochasticDepth(stochasticDepth))));

    /// <summary>A block of the second version, which norms behind them: that keeps the values of large networks small.</summary>
    internal static Layer BlockV2(Layer attention, Layer norm1, Layer mlp, Layer norm2, double stochasticDepth) => Chain(
        Residual(Chain(("attn", attention), ("norm1", norm1), StochasticDepth(stochasticDepth))),
        Residual(Chain(("mlp", mlp), ("norm2", norm2), StochasticDepth(stochasticDepth))));

    /// <summary>The window attention of the first version: a learned bias for every offset between two pixels.</summary>
    internal static Layer AttentionV1(int features, int heads, int size, bool shifted) => new WindowAttention(
        features, heads, size, shifted, ("qkv", Linear(features, 3 * features)), ("proj", Linear(features, features)),
        new RelativeTableBias(size, heads, rows: null, size * size * size * size));

    /// <summary>That of the second version: scaled cosines, and biases that a small network makes of the offset.</summary>
    internal static Layer AttentionV2(int features, int heads, int size, bool shifted) => new WindowAttention(
        features, heads, size, shifted, new KeyMaskedProjection(features, Start), ("proj", Linear(features, features)),
        new RelativePerceptronBias(size, reference: 0, ("cpb_mlp", OffsetPerceptron(heads))))
    {
        Cosines = new CosineScale(heads, 1, 1),
    };

    /// <summary>The network that makes biases of offsets.</summary>
    internal static Layer OffsetPerceptron(int heads)
    {
        var (first, second) = RelativePerceptronBias.Perceptron(hidden: 512, heads, bias: false, Start, Initialize.Zeros);
        return Sequential(first, Relu, second);
    }

    internal static Layer MergingV1(int channels) => MergingV1(channels, Start);

    internal static Layer MergingV1(int channels, Initializer start) => Chain(
        new PatchMerging(), ("norm", LayerNorm(4 * channels)), ("reduction", Reduction(channels, start)));

    internal static Layer MergingV2(int channels) => Chain(
        new PatchMerging(), ("reduction", Reduction(channels, Start)), ("norm", LayerNorm(2 * channels)));

    private static Layer Reduction(int channels, Initializer start) =>
        new Linear(4 * channels, 2 * channels, bias: false, initializer: start);

    private static Layer FeedForward(int channels) =>
        Layers.Mlp(channels, 4 * channels, Start, Initialize.Zeros);

    private static Layer Linear(int from, int to) =>
        new Linear(from, to, initializer: Start, biasInitializer: Initialize.Zeros);
}
