using static TransferKit.Layers;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// A vision transformer whose tokens have no positions; small networks make biases of the offsets between patches instead (Liu et
/// al., 2022), as timm's class <c>VisionTransformerRelPos</c> builds it. It is built for images of one size.
/// </summary>
internal static class VisionTransformerRelPos
{
    private const double ScaleStart = 1e-6, PositionDropout = 0.125;

    public static Blueprint Build(VisionTransformerRelPosConfig config, int? imageSize)
    {
        var size = imageSize ?? config.ImgSize;
        var (side, features, prefix) = (Side(size, config.PatchSize), config.EmbedDim, config.ClassToken ? 1 : 0);
        var rows = new Lazy<long[]>(() => RelativePosition.Rows(side));
        return new Blueprint(
            [
                ("patch_embed", Chain(("proj", PatchProjection(features, config.PatchSize, bias: true)), new PatchTokens())),
                new TokenEmbedding(side, features, PositionKind.None, ("cls_token", prefix, Initialize.Normal(1e-6))),
                ("blocks", Sequential([.. Enumerable.Range(0, config.Depth).Select(_ => Block(config, side, rows))])),
                ("norm", config.FcNorm ? new Identity() : Norm(null, features)),
            ],
            output =>
            [
                config.GlobalPool == TokenPool.Token ? new FirstToken() : new TokenAverage(prefix),
                ("fc_norm", config.FcNorm ? Norm(null, features) : new Identity()),
                ("head", output.Vector(features)),
            ],
            Trunk: "blocks")
        {
            ImageSize = size,
            Map = new PatchMap(side, prefix),
        };
    }

    private static Layer Block(VisionTransformerRelPosConfig config, int side, Lazy<long[]> rows)
    {
        var features = config.EmbedDim;
        Child perceptron = ("mlp", PlainMlp(features, 4 * features));
        Child attention = ("attn", new Attention(
            features, config.NumHeads, ("qkv", Linear(features, 3 * features, config.QkvBias)),
            ("proj", Linear(features, features)))
        {
            Bias = Bias(config, side, rows),
        });
        return config.BlockFn == RelPosBlock.ResPostRelPosBlock
            ? Chain(
                Residual(Chain(attention, ("norm1", LastNorm()))),
                Residual(Chain(perceptron, ("norm2", LastNorm()))))
            : Chain(
                Residual(Chain(("norm1", Norm(null, features)), attention, ("ls1", new FeatureScale(features, ScaleStart)))),
                Residual(Chain(("norm2", Norm(null, features)), perceptron, ("ls2", new FeatureScale(features, ScaleStart)))));

        Layer LastNorm() => new LayerNorm(features, NormChoice.UsualEpsilon, scale: Initialize.Constant(ScaleStart));
    }

    private static RelativePerceptronBias Bias(VisionTransformerRelPosConfig config, int side, Lazy<long[]> rows)
    {
        var (first, last) = RelativePerceptronBias.Perceptron(config.RelPosDim, config.NumHeads, bias: true);
        return new RelativePerceptronBias(side, reference: null,
            ("rel_pos.mlp", Chain(("fc1", first), Relu, Dropout(PositionDropout), ("fc2", last))), rows)
        {
            Prefix = config.ClassToken ? 1 : 0,
        };
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>VisionTransformerRelPos</c>.</summary>
internal sealed record VisionTransformerRelPosConfig : TransformerConfig
{
    /// <summary>Height and width of a patch in pixels.</summary>
    public int PatchSize { get; set; } = 16;

    /// <summary>How tokens become a vector.</summary>
    public TokenPool GlobalPool { get; set; } = TokenPool.Avg;

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool QkvBias { get; set; } = true;

    /// <summary>Whether there is a class token.</summary>
    public bool ClassToken { get; set; }

    /// <summary>Whether the norm comes behind the pooling.</summary>
    public bool FcNorm { get; set; }

    /// <summary>Units of the networks that make biases.</summary>
    public int RelPosDim { get; set; } = 128;

    /// <summary>The kind of block.</summary>
    public RelPosBlock BlockFn { get; set; }
}

/// <summary>Where a block's norms stand.</summary>
internal enum RelPosBlock
{
    /// <summary>In front of attention and perceptron.</summary>
    RelPosBlock,

    /// <summary>Behind them.</summary>
    ResPostRelPosBlock,
}
