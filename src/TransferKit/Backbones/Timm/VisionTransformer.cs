using static TransferKit.Layers;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// Vision Transformer (Dosovitskiy et al., 2021) as timm's class <c>VisionTransformer</c> builds it: also DeiT, DeiT III, DINO,
/// DINOv2, MAE, CLIP, SigLIP, AIMv2 and FlexiViT, and DeiT's distilled ones. It is built for images of one size.
/// </summary>
internal static class VisionTransformer
{
    public static Blueprint Build(VisionTransformerConfig config, int? imageSize) => Build(config, imageSize, isDistilled: false);

    /// <summary>
    /// With a token more, and a second head on it, that learned from a teacher (Touvron et al., 2021): results are the average of
    /// both.
    /// </summary>
    public static Blueprint BuildDistilled(VisionTransformerConfig config, int? imageSize) =>
        Build(config, imageSize, isDistilled: true);

    private static Blueprint Build(VisionTransformerConfig config, int? imageSize, bool isDistilled)
    {
        var size = imageSize ?? config.ImgSize;
        var (side, features) = (Side(size, config.PatchSize), config.EmbedDim);
        var prefix = (config.ClassToken ? 1 : 0) + (isDistilled ? 1 : 0) + config.RegTokens;
        var normsPooled = config.FcNorm ?? config.GlobalPool == TokenPool.Avg;
        List<Child> patches = [("proj", PatchProjection(features, config.PatchSize, bias: !config.PreNorm)), new PatchTokens()];
        if (config.EmbedNormLayer is { } embedNorm)
            patches.Add(("norm", Norm(embedNorm, features)));
        List<Child> body =
        [
            ("patch_embed", Chain(patches)),
            new TokenEmbedding(side, features, config.NoEmbedClass ? PositionKind.Patches : PositionKind.All,
                ("cls_token", config.ClassToken ? 1 : 0, Initialize.Normal(1e-6)), ("dist_token", isDistilled ? 1 : 0, Start),
                ("reg_token", config.RegTokens, Initialize.Normal(1e-6))),
            ("norm_pre", config.PreNorm ? Norm(config.NormLayer, features) : new Identity()),
            ("blocks", Sequential([.. Enumerable.Range(0, config.Depth).Select(_ => Block(config))])),
        ];
        if (config.FinalNorm && !normsPooled)
            body.Add(("norm", Norm(config.NormLayer, features)));
        return new Blueprint(
            body,
            output => isDistilled ? [new FirstTokens(2), new Average(("head", Head(output)), ("head_dist", Head(output)))] :
            [
                Pool(config.GlobalPool, config.PoolIncludePrefix ? 0 : prefix, () => new AttentionPool(
                    features, config.NumHeads, config.PoolIncludePrefix ? 0 : prefix, Start, Norm(config.NormLayer, features),
                    Mlp(features, (int)(features * config.MlpRatio), Activation(config)))),
                ("fc_norm", config.FinalNorm && normsPooled ? Norm(config.NormLayer, features) : new Identity()),
                ("head", Head(output)),
            ],
            Trunk: "blocks")
        {
            ImageSize = size,
            Map = new PatchMap(side, prefix),
        };

        Layer Head(HeadSlot output) => output.Vector(features, (from, to) => Projection(from, to));
    }

    private static Layer Block(VisionTransformerConfig config) => config.BlockFn switch
    {
        ViTBlock.ResPostBlock => Chain(
            Residual(Chain(("attn", SelfAttention(config)), ("norm1", Norm(config.NormLayer, config.EmbedDim)))),
            Residual(Chain(("mlp", FeedForward(config)), ("norm2", Norm(config.NormLayer, config.EmbedDim))))),
        _ => Chain(
            Residual(Path("norm1", ("attn", SelfAttention(config)), "ls1", config)),
            Residual(Path("norm2", ("mlp", FeedForward(config)), "ls2", config))),
    };

    /// <summary>What is added to the tokens: a layer behind a norm, scaled.</summary>
    private static Layer Path(string norm, Child layer, string scale, VisionTransformerConfig config) => Chain(
        (norm, Norm(config.NormLayer, config.EmbedDim)), layer,
        (scale, config.InitValues is { } start ? new FeatureScale(config.EmbedDim, start) : new Identity()));

    private static Attention SelfAttention(VisionTransformerConfig config)
    {
        var (features, headFeatures) = (config.EmbedDim, config.EmbedDim / config.NumHeads);
        return new Attention(features, config.NumHeads, ("qkv", Projection(features, 3 * features, config.QkvBias)),
            ("proj", Projection(features, features, config.ProjBias)))
        {
            QueryNorm = config.QkNorm ? ("q_norm", Norm(config.NormLayer, headFeatures)) : null,
            KeyNorm = config.QkNorm ? ("k_norm", Norm(config.NormLayer, headFeatures)) : null,
            OutputNorm = config.ScaleAttnNorm ? ("norm", Norm(config.NormLayer, features)) : null,
        };
    }

    private static Layer FeedForward(VisionTransformerConfig config)
    {
        var (features, hidden) = (config.EmbedDim, (int)(config.EmbedDim * config.MlpRatio));
        var norm = config.ScaleMlpNorm ? Norm(config.NormLayer, hidden) : null;
        return config.MlpLayer?.Kind switch
        {
            MlpKind.PackedSwiGlu => SwiGlu(features, hidden / 2, isPacked: true, config.ProjBias, gatesStartOpen: true),
            MlpKind.SwiGlu => SwiGlu(features, hidden, isPacked: false, config.ProjBias, norm, gatesStartOpen: true),
            _ => Mlp(features, hidden, Activation(config), config.ProjBias, norm),
        };
    }

    private static ActivationFunction Activation(VisionTransformerConfig config) => (ActivationFunction)config.ActLayer;
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>VisionTransformer</c>.</summary>
internal sealed record VisionTransformerConfig : TransformerConfig
{
    /// <summary>Height and width of a patch in pixels.</summary>
    public int PatchSize { get; set; } = 16;

    /// <summary>How tokens become a vector.</summary>
    public TokenPool GlobalPool { get; set; }

    /// <summary>A perceptron's units for each feature.</summary>
    public double MlpRatio { get; set; } = 4;

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool QkvBias { get; set; } = true;

    /// <summary>Whether queries and keys are normalized.</summary>
    public bool QkNorm { get; set; }

    /// <summary>Whether what the heads give is normalized.</summary>
    public bool ScaleAttnNorm { get; set; }

    /// <summary>Whether a perceptron's units are normalized.</summary>
    public bool ScaleMlpNorm { get; set; }

    /// <summary>Whether the other linear layers have biases.</summary>
    public bool ProjBias { get; set; } = true;

    /// <summary>What the factors at a block's end start from; null: there are none.</summary>
    public double? InitValues { get; set; }

    /// <summary>Whether there is a class token.</summary>
    public bool ClassToken { get; set; } = true;

    /// <summary>Whether patches alone have positions.</summary>
    public bool NoEmbedClass { get; set; }

    /// <summary>Registers: learned tokens that no class is told from.</summary>
    public int RegTokens { get; set; }

    /// <summary>Whether tokens are normalized in front of the blocks.</summary>
    public bool PreNorm { get; set; }

    /// <summary>Whether there is a norm behind the blocks.</summary>
    public bool FinalNorm { get; set; } = true;

    /// <summary>Whether that norm comes behind the pooling; null: if that is an average.</summary>
    public bool? FcNorm { get; set; }

    /// <summary>Whether the pooling looks at class token and registers too.</summary>
    public bool PoolIncludePrefix { get; set; }

    /// <summary>Whether timm's network takes images of any size; this one is built for one all the same.</summary>
    public bool DynamicImgSize { get; set; }

    /// <summary>The norm of patches in front of their positions; null: none.</summary>
    public NormChoice? EmbedNormLayer { get; set; }

    /// <summary>The norm everywhere else; null: a layer norm.</summary>
    public NormChoice? NormLayer { get; set; }

    /// <summary>The activation of perceptrons.</summary>
    public ActLayer ActLayer { get; set; } = ActLayer.Gelu;

    /// <summary>The kind of perceptron; null: two linear layers.</summary>
    public MlpChoice? MlpLayer { get; set; }

    /// <summary>The kind of block.</summary>
    public ViTBlock BlockFn { get; set; }
}

/// <summary>Where a block's norms stand.</summary>
internal enum ViTBlock
{
    /// <summary>In front of attention and perceptron.</summary>
    Block,

    /// <summary>Behind them.</summary>
    ResPostBlock,
}
