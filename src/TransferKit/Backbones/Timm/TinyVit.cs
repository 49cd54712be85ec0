using static TransferKit.Layers;
using static TransferKit.Timm.ConvParts;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// TinyViT (Wu et al., 2022): inverted bottlenecks, and then attention within windows with convolutions between.
/// </summary>
internal sealed class TinyVit
{
    private const int ExpandRatio = 4;
    private const int MlpRatio = 4;

    private readonly TinyVitConfig _config;

    private TinyVit(TinyVitConfig config) => _config = config;

    public static Blueprint Build(TinyVitConfig config) => new TinyVit(config).Build();

    private Blueprint Build()
    {
        var widths = _config.EmbedDims;
        var first = widths[0];
        var stages = new List<Layer>();
        var index = 0;
        foreach (var (stage, depth) in _config.Depths.Index())
        {
            List<double> drops = [.. Enumerable.Range(index, depth).Select(DropPath)];
            index += depth;
            stages.Add(stage == 0
                ? Chain(("blocks", Sequential([.. drops.Select(drop => Bottleneck(first, drop))])))
                : Chain(
                    ("downsample", Downsample(widths[stage - 1], widths[stage])), ChannelsLast,
                    ("blocks", Sequential([.. drops.Select(drop => Block(stage, drop))])), ChannelsFirst));
        }
        var features = widths[^1];
        return new Blueprint(
            [
                ("patch_embed", Chain(
                    ("conv1", ConvNorm(3, first / 2, 3, 2)), Gelu, ("conv2", ConvNorm(first / 2, first, 3, 2)))),
                ("stages", Sequential(stages)),
            ],
            output =>
            [
                ("head", Chain(("global_pool", GlobalAveragePool), Flatten(), ("norm", LayerNorm(features)),
                    ("fc", output.Vector(features, (from, to) => Projection(from, to))))),
            ],
            Trunk: "stages");
    }

    /// <summary>The probability that a block is left out in training, which grows from the first to the last.</summary>
    private double DropPath(int index) => _config.DropPathRate * index / (_config.Depths.Sum() - 1);

    private static Layer Bottleneck(int channels, double drop)
    {
        var hidden = ExpandRatio * channels;
        var main = Chain(
            ("conv1", ConvNorm(channels, hidden, 1)), Gelu, ("conv2", ConvNorm(hidden, hidden, 3, groups: hidden)), Gelu,
            ("conv3", ConvNorm(hidden, channels, 1, scale: Initialize.Zeros)), StochasticDepth(drop));
        return Residual(main, then: Gelu);
    }

    private static Layer Downsample(int from, int to) => Chain(
        ("conv1", ConvNorm(from, to, 1)), Gelu, ("conv2", ConvNorm(to, to, 3, 2, to)), Gelu, ("conv3", ConvNorm(to, to, 1)));

    private Layer Block(int stage, double drop)
    {
        var (features, heads, window) = (_config.EmbedDims[stage], _config.NumHeads[stage], _config.WindowSizes[stage]);
        var width = features / heads;
        var attention = new OffsetAttention(
            window, heads, width, width, Chain(("norm", LayerNorm(features)), ("qkv", Projection(features, 3 * features))),
            ("proj", Projection(features, features)));
        var perceptron = Chain(
            ("norm", LayerNorm(features)), ("fc1", Projection(features, MlpRatio * features)), Gelu,
            ("fc2", Projection(MlpRatio * features, features)));
        return Chain(
            Residual(Chain(new WindowTokens(window, ("attn", attention)), StochasticDepth(drop))),
            ChannelsFirst, ("local_conv", ConvNorm(features, features, 3, groups: features)), ChannelsLast,
            Residual(Chain(("mlp", perceptron), StochasticDepth(drop))));
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>TinyVit</c>.</summary>
internal sealed record TinyVitConfig
{
    /// <summary>Channels of each stage.</summary>
    public int[] EmbedDims { get; set; } = [96, 192, 384, 768];

    /// <summary>Blocks of each stage.</summary>
    public int[] Depths { get; set; } = [2, 2, 6, 2];

    /// <summary>Heads of each stage; the first attends to nothing.</summary>
    public int[] NumHeads { get; set; } = [3, 6, 12, 24];

    /// <summary>Height and width of each stage's windows, in pixels of its map.</summary>
    public int[] WindowSizes { get; set; } = [7, 7, 14, 7];

    /// <summary>The probability that the last block is left out in training.</summary>
    public double DropPathRate { get; set; } = 0.1;
}
