using System.Text.Json.Serialization;
using static TransferKit.Layers;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// Swin Transformer (Liu et al., 2021), Swin Transformer V2 (Liu et al., 2022), and V2 as Christoph Reich wrote it ("CR"). They
/// are built for images of one size, from 32 px on: a window is no larger than the map.
/// </summary>
internal static class SwinTransformer
{
    private const int PatchSize = 4;

    // timm has it in all but CR's.
    private const double StochasticDepth = 0.1;

    private const double CrDropout = 0.125;

    public static Blueprint Build(SwinConfig config, int? imageSize) => Build(
        config, imageSize, "layers", TransferKit.SwinTransformer.MergingV1, BlockV1, hasNorm: true);

    public static Blueprint Build(SwinV2Config config, int? imageSize) => Build(
        config, imageSize, "layers", TransferKit.SwinTransformer.MergingV2, place => BlockV2(config, place), hasNorm: true);

    public static Blueprint Build(SwinCrConfig config, int? imageSize) => Build(
        config, imageSize, "stages", channels => TransferKit.SwinTransformer.MergingV1(channels, Initialize.Default),
        place => BlockCr(config, place), hasNorm: false);

    private static Blueprint Build(
        SwinConfig config, int? imageSize, string name, Func<int, Layer> merging, Func<Place, Layer> block, bool hasNorm)
    {
        var size = imageSize ?? config.ImgSize;
        var (side, channels) = (size / PatchSize, config.EmbedDim);
        if (side >> (config.Depths.Length - 1) == 0)
            throw new ArgumentException(
                $"The network takes images from {PatchSize << (config.Depths.Length - 1)} px on: {size} px are too few.",
                nameof(imageSize));
        var stages = new Layer[config.Depths.Length];
        var (index, last) = (0, config.Depths.Sum() - 1);
        for (var stage = 0; stage < stages.Length; stage++)
        {
            Child merge = ("downsample", stage == 0 ? new Identity() : merging(channels));
            channels = config.EmbedDim << stage;
            var map = side >> stage;
            var window = Math.Min(map, config.Window(stage, side));
            var rows = new Lazy<long[]>(() => RelativePosition.Rows(window));
            var blocks = new Layer[config.Depths[stage]];
            for (var i = 0; i < blocks.Length; i++)
                blocks[i] = block(new Place(stage, i, channels, config.NumHeads[stage], window, i % 2 == 1 && map > window, rows,
                    StochasticDepth * index++ / last));
            stages[stage] = Chain(merge, ("blocks", Sequential(blocks)));
        }
        return new Blueprint(
            [
                ("patch_embed", Chain(
                    ("proj", PatchProjection(config.EmbedDim, PatchSize, bias: true)), ChannelsLast,
                    ("norm", LayerNorm(config.EmbedDim)))),
                (name, Sequential(stages)),
                ("norm", hasNorm ? LayerNorm(channels) : new Identity()), ChannelsFirst,
            ],
            output => [("head", Chain(GlobalAveragePool, Flatten(), ("fc", output.Vector(channels, hasNorm ? Dense : null))))],
            Trunk: name)
        {
            ImageSize = size,
        };
    }

    private static Layer BlockV1(Place place) => TransferKit.SwinTransformer.BlockV1(
        place.Channels,
        Attention(place, ("qkv", Dense(place.Channels, 3 * place.Channels)), ("proj", Dense(place.Channels, place.Channels)),
            new RelativeTableBias(place.Window, place.Heads, place.Rows)),
        Mlp(place.Channels, 4 * place.Channels, ActivationFunction.Gelu),
        place.StochasticDepth);

    private static Layer BlockV2(SwinV2Config config, Place place)
    {
        var reference = config.PretrainedWindowSizes[place.Stage];
        var bias = new RelativePerceptronBias(
            place.Window, reference, ("cpb_mlp", TransferKit.SwinTransformer.OffsetPerceptron(place.Heads)), place.Rows);
        return TransferKit.SwinTransformer.BlockV2(
            Attention(place, new KeyUnbiasedProjection(place.Channels, Start), ("proj", Dense(place.Channels, place.Channels)),
                bias, new CosineScale(place.Heads, 1, 1)),
            LastNorm(place.Channels), Mlp(place.Channels, 4 * place.Channels, ActivationFunction.Gelu), LastNorm(place.Channels),
            place.StochasticDepth);
    }

    // All but the norms start as PyTorch's default, also between the stages.
    private static Layer BlockCr(SwinCrConfig config, Place place)
    {
        var channels = place.Channels;
        var (first, second) = RelativePerceptronBias.Perceptron(hidden: 384, place.Heads, bias: true);
        var bias = new RelativePerceptronBias(place.Window, reference: null,
            ("meta_mlp", Chain(("fc1", first), Relu, Dropout(CrDropout), ("fc2", second))), place.Rows);
        var isLast = place.Block + 1 == config.Depths[place.Stage];
        var hasNorm = (config.ExtraNormPeriod > 0 && (place.Block + 1) % config.ExtraNormPeriod == 0)
            || (isLast && (config.ExtraNormStage || place.Stage + 1 == config.Depths.Length));
        return Chain(
            TransferKit.SwinTransformer.BlockV2(
                Attention(place, ("qkv", Linear(channels, 3 * channels)), ("proj", Linear(channels, channels)), bias,
                    new CosineScale(place.Heads)),
                LastNorm(channels),
                Chain(("fc1", Linear(channels, 4 * channels)), Gelu, ("fc2", Linear(4 * channels, channels))),
                LastNorm(channels), stochasticDepth: 0),
            ("norm3", hasNorm ? LayerNorm(channels) : new Identity()));
    }

    private static WindowAttention Attention(Place place, Child projection, Child output, PositionBias bias,
        CosineScale? cosines = null) => new(place.Channels, place.Heads, place.Window, place.Shifted, projection, output, bias)
        {
            Cosines = cosines,
            ShiftsFirst = true,
        };

    /// <summary>The norm at the end of what is added, with which a block starts as the identity.</summary>
    private static LayerNorm LastNorm(int channels) => new(channels, scale: Initialize.Zeros);

    private static Layer Dense(int from, int to) => Projection(from, to);

    private sealed record Place(
        int Stage, int Block, int Channels, int Heads, int Window, bool Shifted, Lazy<long[]> Rows, double StochasticDepth);
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>SwinTransformer</c>.</summary>
internal record SwinConfig
{
    /// <summary>Height and width of the images in pixels.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int ImgSize { get; set; } = 224;

    /// <summary>Features of a patch; each stage doubles them.</summary>
    public int EmbedDim { get; set; } = 96;

    /// <summary>Blocks of each stage.</summary>
    public int[] Depths { get; set; } = [2, 2, 6, 2];

    /// <summary>Heads of each stage's attentions.</summary>
    public int[] NumHeads { get; set; } = [3, 6, 12, 24];

    /// <summary>Height and width of a window in patches, in all stages or in each.</summary>
    [JsonConverter(typeof(OneOrMany<int>))]
    public int[] WindowSize { get; set; } = [7];

    /// <summary>The window of a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="side">Patches along each side of the image.</param>
    public virtual int Window(int stage, int side) => WindowSize.Length == 1 ? WindowSize[0] : WindowSize[stage];
}

/// <summary>The same for the class <c>SwinTransformerV2</c>.</summary>
internal sealed record SwinV2Config : SwinConfig
{
    /// <summary>
    /// Each stage's windows that the weights were trained with at first, where these are others; 0: they aren't.
    /// </summary>
    public int[] PretrainedWindowSizes { get; set; } = [0, 0, 0, 0];
}

/// <summary>The same for the class <c>SwinTransformerV2Cr</c>, whose windows are an eighth of the image.</summary>
internal sealed record SwinCrConfig : SwinConfig
{
    /// <summary>Every how many blocks a norm stands behind a block; 0: nowhere.</summary>
    public int ExtraNormPeriod { get; set; }

    /// <summary>Whether one stands at the end of each stage, and not of the last alone.</summary>
    public bool ExtraNormStage { get; set; }

    public override int Window(int stage, int side) => side / 8;
}
