using static TransferKit.Layers;

namespace TransferKit;

/// <summary>
/// Swin Transformer (Liu et al., 2021) and Swin Transformer V2 (Liu et al., 2022). They take images of any size from 4 px on;
/// the weights were trained at 224 px and at 256 px.
/// </summary>
internal static class SwinTransformer
{
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

    private static Layer BlockV1(int channels, int heads, bool shifted, double stochasticDepth) => Chain(
        Residual(Chain(
            ("norm1", LayerNorm(channels)), ("attn", new SwinAttention(channels, heads, size: 7, shifted)),
            ("stochastic_depth", StochasticDepth(stochasticDepth)))),
        Residual(Chain(
            ("norm2", LayerNorm(channels)), ("mlp", FeedForward(channels)),
            ("stochastic_depth", StochasticDepth(stochasticDepth)))));

    // The second version norms behind attention and perceptron, which keeps the values of large networks small.
    private static Layer BlockV2(int channels, int heads, bool shifted, double stochasticDepth) => Chain(
        Residual(Chain(
            ("attn", new SwinV2Attention(channels, heads, size: 8, shifted)), ("norm1", LayerNorm(channels)),
            ("stochastic_depth", StochasticDepth(stochasticDepth)))),
        Residual(Chain(
            ("mlp", FeedForward(channels)), ("norm2", LayerNorm(channels)),
            ("stochastic_depth", StochasticDepth(stochasticDepth)))));

    private static Layer MergingV1(int channels) => Chain(
        new PatchMerging(), ("norm", LayerNorm(4 * channels)), ("reduction", Reduction(channels)));

    private static Layer MergingV2(int channels) => Chain(
        new PatchMerging(), ("reduction", Reduction(channels)), ("norm", LayerNorm(2 * channels)));

    private static Layer Reduction(int channels) =>
        new Linear(4 * channels, 2 * channels, bias: false, initializer: Initialize.TruncatedNormal(0.02));

    private static Layer FeedForward(int channels) =>
        Layers.Mlp(channels, 4 * channels, Initialize.TruncatedNormal(0.02), Initialize.Zeros);

    private static Layer Linear(int from, int to) =>
        new Linear(from, to, initializer: Initialize.TruncatedNormal(0.02), biasInitializer: Initialize.Zeros);
}
