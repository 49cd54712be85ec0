using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>What differs among networks of the family, in the words of timm's class <c>Eva</c>.</summary>
internal sealed record EvaConfig : TransformerConfig
{
    /// <summary>What a new classifier's weights are multiplied by.</summary>
    public const double HeadInitScale = 0.001;

    /// <summary>Height and width of a patch in pixels.</summary>
    public int PatchSize { get; set; } = 16;

    /// <summary>How tokens become a vector.</summary>
    public TokenPool GlobalPool { get; set; } = TokenPool.Avg;

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

    /// <summary>Whether a perceptron's units are normalized.</summary>
    public bool ScaleMlp { get; set; }

    /// <summary>Whether what the heads give is normalized.</summary>
    public bool ScaleAttnInner { get; set; }

    /// <summary>The kind of attention.</summary>
    public EvaAttention AttnType { get; set; }

    /// <summary>The norm everywhere; null: a layer norm.</summary>
    public NormChoice? NormLayer { get; set; }

    /// <summary>What the factors at a block's end start from; null: there are none.</summary>
    public double? InitValues { get; set; }

    /// <summary>Whether there is a class token.</summary>
    public bool ClassToken { get; set; } = true;

    /// <summary>Registers: learned tokens that no class is told from.</summary>
    public int NumRegTokens { get; set; }

    /// <summary>Whether patches alone have learned positions.</summary>
    public bool NoEmbedClass { get; set; }

    /// <summary>Whether tokens have learned positions.</summary>
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

    /// <summary>Whether features are partners across two halves, and not as neighbors.</summary>
    public bool RopeRotateHalf { get; set; }

    /// <summary>Whether norms stand behind attention and perceptron.</summary>
    public bool UsePostNorm { get; set; }

    /// <summary>Whether tokens are normalized in front of the blocks.</summary>
    public bool UsePreTransformerNorm { get; set; }

    /// <summary>Whether tokens are normalized behind the blocks; null: unless the pooled vector is.</summary>
    public bool? UsePostTransformerNorm { get; set; }

    /// <summary>Whether the pooled vector is normalized; null: if it is an average.</summary>
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
