using System.Text.Json.Serialization;
using static TransferKit.Layers;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// EVA-02 (Fang et al., 2023) as timm's class <c>Eva</c> builds it: also EVA, DINOv3 (Siméoni et al., 2025), Perception Encoder
/// (Bolya et al., 2025), and other transformers with rotary embeddings. It is built for images of one size.
/// </summary>
internal static class Eva
{
    public static Blueprint Build(EvaConfig config, int? imageSize)
    {
        var size = imageSize ?? config.ImgSize;
        var (side, features) = (Side(size, config.PatchSize), config.EmbedDim);
        var prefix = (config.ClassToken ? 1 : 0) + config.NumRegTokens;
        var normsPooled = config.UseFcNorm ?? config.GlobalPool == TokenPool.Avg;
        var rotation = config.UseRotPosEmb
            ? new RotaryEmbedding(Angles(config, side), prefix, config.RopeRotateHalf) : null;
        var kind = !config.UseAbsPosEmb ? PositionKind.None : config.NoEmbedClass ? PositionKind.Patches : PositionKind.All;
        return new Blueprint(
            [
                ("patch_embed", Chain(
                    ("proj", PatchProjection(features, config.PatchSize, bias: !config.UsePreTransformerNorm)), new PatchTokens())),
                new TokenEmbedding(side, features, kind,
                    ("cls_token", config.ClassToken ? 1 : 0, Start), ("reg_token", config.NumRegTokens, Start)),
                ("norm_pre", NormIf(config.UsePreTransformerNorm)),
                ("blocks", Sequential([.. Enumerable.Range(0, config.Depth).Select(i => Block(config, rotation, i))])),
                ("norm", NormIf(config.UsePostTransformerNorm ?? !normsPooled)),
            ],
            output =>
            [
                Pool(config.GlobalPool, prefix, () => new AttentionPool(
                    features, config.AttnPoolNumHeads ?? config.NumHeads, prefix: 0, Start, Norm(config.NormLayer, features),
                    Mlp(features, (int)(features * (config.AttnPoolMlpRatio ?? config.MlpRatio)), ActivationFunction.Gelu))),
                ("fc_norm", NormIf(normsPooled)),
                ("head", output.Vector(features, (from, to) =>
                    Projection(from, to, start: Initialize.TruncatedNormal(Deviation * EvaConfig.HeadInitScale)))),
            ],
            Trunk: "blocks")
        {
            ImageSize = size,
            Map = new PatchMap(side, prefix),
        };

        Layer NormIf(bool isThere) => isThere ? Norm(config.NormLayer, features) : new Identity();
    }

    private static Layer Block(EvaConfig config, RotaryEmbedding? rotation, int index)
    {
        var features = config.EmbedDim;
        var last = StartOfBlock(index);
        Child attention = ("attn", SelfAttention(config, rotation, last));
        Child perceptron = ("mlp", FeedForward(config, last));
        Child norm1 = ("norm1", Norm(config.NormLayer, features)), norm2 = ("norm2", Norm(config.NormLayer, features));
        return config.UsePostNorm
            ? Chain(Residual(Chain(attention, norm1)), Residual(Chain(perceptron, norm2)))
            : Chain(Residual(Chain(norm1, attention, Scale("gamma_1"))), Residual(Chain(norm2, perceptron, Scale("gamma_2"))));

        Layer Scale(string name) =>
            config.InitValues is { } start ? new FeatureScale(features, start, name) : new Identity();
    }

    private static Attention SelfAttention(EvaConfig config, RotaryEmbedding? rotation, Initializer last)
    {
        var features = config.EmbedDim;
        var keysHaveBias = config.AttnType == EvaAttention.Rope && config.QkvBias;
        Child projection = config switch
        {
            { QkvFused: false } => new SplitProjections(
                ("q_proj", Projection(features, features, config.QkvBias)), ("k_proj", Projection(features, features, keysHaveBias)),
                ("v_proj", Projection(features, features, config.QkvBias))),
            { QkvBias: true, AttnType: EvaAttention.Eva } => new KeyUnbiasedProjection(features, Start),
            _ => ("qkv", Projection(features, 3 * features, config.QkvBias)),
        };
        return new Attention(features, config.NumHeads, projection, ("proj", Projection(features, features, start: last)))
        {
            OutputNorm = config.ScaleAttnInner ? ("norm", Norm(config.NormLayer, features)) : null,
            Rotation = rotation,
        };
    }

    private static Layer FeedForward(EvaConfig config, Initializer last)
    {
        var (features, hidden) = (config.EmbedDim, (int)(config.EmbedDim * config.MlpRatio));
        var alignment = Math.Max(1, config.SwigluAlignTo);
        var units = config.SwigluMlp ? (hidden + alignment - 1) / alignment * alignment : hidden;
        var norm = config.ScaleMlp ? Norm(config.NormLayer, units) : null;
        return config.SwigluMlp
            ? SwiGlu(features, units, isPacked: !config.ScaleMlp && config.SwigluAlignTo == 0, norm: norm, last: last)
            : Mlp(features, hidden, ActivationFunction.Gelu, norm: norm, last: last);
    }

    /// <summary>For each patch, row by row, the angle of each pair of a head's features.</summary>
    private static List<float[]> Angles(EvaConfig config, int side)
    {
        var bands = config.EmbedDim / config.NumHeads / 4;
        var isDinoV3 = config.RopeType == RopeKind.DinoV3;
        var frequencies = Enumerable.Range(0, bands)
            .Select(i => MathF.Pow((float)config.RopeTemperature, -i / (float)bands) * (isDinoV3 ? 2 * MathF.PI : 1)).ToArray();
        var places = Enumerable.Range(0, side).Select(Place).ToArray();
        return
        [
            .. from row in places
               from column in places
               let axes = config.RopeGridIndexing == GridIndexing.Xy && !isDinoV3 ? new[] { column, row } : [row, column]
               select axes.SelectMany(place => frequencies.Select(frequency => place * frequency)).ToArray(),
        ];

        // DINOv3 has places from -1 to 1; others count patches, as if there were as many as in pretraining.
        float Place(int patch) => isDinoV3
            ? 2 * ((patch + 0.5f) / side) - 1
            : (patch + (float)config.RopeGridOffset) / side * (config.RefFeatShape > 0 ? config.RefFeatShape : side);
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>Eva</c>.</summary>
internal sealed record EvaConfig
{
    /// <summary>What a new classifier's weights are multiplied by.</summary>
    public const double HeadInitScale = 0.001;

    /// <summary>Height and width of the images in pixels.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int ImgSize { get; set; } = 224;

    /// <summary>Height and width of a patch in pixels.</summary>
    public int PatchSize { get; set; } = 16;

    /// <summary>How tokens become a vector.</summary>
    public TokenPool GlobalPool { get; set; } = TokenPool.Avg;

    /// <summary>Features of a token.</summary>
    public int EmbedDim { get; set; } = 768;

    /// <summary>Blocks.</summary>
    public int Depth { get; set; } = 12;

    /// <summary>Heads of each attention.</summary>
    public int NumHeads { get; set; } = 12;

    /// <summary>Whether queries and values have biases; keys have them by the kind of attention.</summary>
    public bool QkvBias { get; set; } = true;

    /// <summary>Whether queries, keys and values share a matrix.</summary>
    public bool QkvFused { get; set; } = true;

    /// <summary>A perceptron's units for each feature.</summary>
    public double MlpRatio { get; set; } = 4;

    /// <summary>Whether perceptrons are SwiGLU.</summary>
    public bool SwigluMlp { get; set; }

    /// <summary>What their units are a multiple of; 0: of nothing.</summary>
    public int SwigluAlignTo { get; set; }

    /// <summary>Whether a perceptron's units are normalised.</summary>
    public bool ScaleMlp { get; set; }

    /// <summary>Whether what the heads give is normalised.</summary>
    public bool ScaleAttnInner { get; set; }

    /// <summary>The kind of attention.</summary>
    public EvaAttention AttnType { get; set; }

    /// <summary>The norm everywhere; null: a layer norm.</summary>
    public NormChoice? NormLayer { get; set; }

    /// <summary>What the factors at a block's end start from; null: there are none.</summary>
    public double? InitValues { get; set; }

    /// <summary>Whether there is a class token.</summary>
    public bool ClassToken { get; set; } = true;

    /// <summary>Registers: learnt tokens that no class is told from.</summary>
    public int NumRegTokens { get; set; }

    /// <summary>Whether patches alone have learnt positions.</summary>
    public bool NoEmbedClass { get; set; }

    /// <summary>Whether tokens have learnt positions.</summary>
    public bool UseAbsPosEmb { get; set; } = true;

    /// <summary>Whether queries and keys are turned by their position.</summary>
    public bool UseRotPosEmb { get; set; }

    /// <summary>How angles follow from the position.</summary>
    public RopeKind RopeType { get; set; }

    /// <summary>The position of the first patch.</summary>
    public double RopeGridOffset { get; set; }

    /// <summary>Which axis comes first.</summary>
    public GridIndexing RopeGridIndexing { get; set; }

    /// <summary>The longest period of the turns, over that of the shortest.</summary>
    public double RopeTemperature { get; set; } = 10000;

    /// <summary>Whether features are partners across two halves, and not as neighbours.</summary>
    public bool RopeRotateHalf { get; set; }

    /// <summary>Whether norms stand behind attention and perceptron.</summary>
    public bool UsePostNorm { get; set; }

    /// <summary>Whether tokens are normalised in front of the blocks.</summary>
    public bool UsePreTransformerNorm { get; set; }

    /// <summary>Whether tokens are normalised behind the blocks; null: unless the pooled vector is.</summary>
    public bool? UsePostTransformerNorm { get; set; }

    /// <summary>Whether the pooled vector is normalised; null: if it is an average.</summary>
    public bool? UseFcNorm { get; set; }

    /// <summary>Heads of the pooling by attention; null: as the blocks.</summary>
    public int? AttnPoolNumHeads { get; set; }

    /// <summary>Its perceptron's units for each feature; null: as the blocks.</summary>
    public double? AttnPoolMlpRatio { get; set; }

    /// <summary>Whether timm's network takes images of any size; this one is built for one all the same.</summary>
    public bool DynamicImgSize { get; set; }

    /// <summary>Patches along a side in pretraining, to which positions are scaled; 0: they aren't.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int RefFeatShape { get; set; }
}

/// <summary>The kind of attention, which decides whether keys have a bias.</summary>
internal enum EvaAttention
{
    /// <summary>EVA's, whose keys have none.</summary>
    Eva,

    /// <summary>The usual one.</summary>
    Rope,
}

/// <summary>How a rotary embedding's angles follow from the position.</summary>
internal enum RopeKind
{
    /// <summary>In proportion to the number of patches.</summary>
    Cat,

    /// <summary>In proportion to the share of the image.</summary>
    DinoV3,
}

/// <summary>Which axis of the image comes first.</summary>
internal enum GridIndexing
{
    /// <summary>Rows.</summary>
    Ij,

    /// <summary>Columns.</summary>
    Xy,
}
