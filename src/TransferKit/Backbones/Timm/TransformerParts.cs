using System.Text.Json;
using System.Text.Json.Serialization;
using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>The parts that timm's transformers share, under timm's names.</summary>
internal static class TransformerParts
{
    /// <summary>timm draws matrices from a normal distribution of this standard deviation, and starts biases at zero.</summary>
    public const double Deviation = 0.02;

    public static Initializer Start { get; } = Initialize.TruncatedNormal(Deviation);

    /// <summary>Where matrices at the end of a block start lower, the deeper the block lies (Bao et al., 2022).</summary>
    public static Initializer StartOfBlock(int block) => Initialize.TruncatedNormal(Deviation / Math.Sqrt(2 * (block + 1)));

    public static Layer Projection(int from, int to, bool bias = true, Initializer? start = null) =>
        new Linear(from, to, bias, start ?? Start, Initialize.Zeros);

    /// <summary>A norm over the features, a layer norm unless a config names another.</summary>
    public static Layer Norm(NormChoice? choice, int features) => choice?.Kind == NormKind.RmsNorm
        ? new RmsNorm(features, choice.Eps ?? NormChoice.UsualEpsilon)
        : new LayerNorm(features, choice?.Eps ?? NormChoice.UsualEpsilon);

    /// <summary>The convolution that turns each patch of a map into a token's features.</summary>
    public static Layer PatchProjection(int features, int patch, bool bias) =>
        new Conv(3, features, new Kernel2d(patch, stride: patch, padding: 0), bias: bias);

    /// <summary>Patches along each side of images of a height and width in pixels; what is left over doesn't count.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static int Side(int imageSize, int patch) => imageSize >= patch
        ? imageSize / patch
        : throw new ArgumentException(
            $"The network cuts images into patches of {patch} × {patch} px: {imageSize} px are too few.", nameof(imageSize));

    /// <summary>Two linear layers with an activation between, and maybe a norm in front of the second.</summary>
    public static Layer Mlp(int features, int hidden, ActivationFunction activation, bool bias = true, Layer? norm = null,
        Initializer? last = null) => Chain(
            ("fc1", Projection(features, hidden, bias)), new Activation(activation), ("norm", norm ?? new Identity()),
            ("fc2", Projection(hidden, features, bias, last)));

    /// <summary>Two linear layers with a GELU between, which start as PyTorch's do by themselves.</summary>
    public static Layer PlainMlp(int features, int hidden) =>
        Chain(("fc1", Linear(features, hidden)), Gelu, ("fc2", Linear(hidden, features)));

    /// <summary>SwiGLU (Shazeer, 2020), with one matrix for gate and value or two.</summary>
    /// <param name="features">Inputs and outputs.</param>
    /// <param name="hidden">Units that are gated.</param>
    /// <param name="isPacked">Whether gate and value share a matrix.</param>
    /// <param name="bias">Whether the linear layers have biases.</param>
    /// <param name="norm">The norm in front of the last layer, or null.</param>
    /// <param name="last">How the last matrix starts; null: as the others.</param>
    /// <param name="gatesStartOpen">
    /// Whether gates start near 1 for all inputs, as in networks whose class in timm lets layers start by themselves.
    /// </param>
    public static Layer SwiGlu(int features, int hidden, bool isPacked, bool bias = true, Layer? norm = null,
        Initializer? last = null, bool gatesStartOpen = false)
    {
        var (gates, gateBiases) = gatesStartOpen ? (Initialize.Normal(1e-6), Initialize.Ones) : (Start, Initialize.Zeros);
        // In one matrix it is the second half that timm starts so, also where the first is activated.
        Child gated = isPacked
            ? Chain(
                ("fc1", new Linear(features, 2 * hidden, bias,
                    Initialize.Halves(Start, gates), Initialize.Halves(Initialize.Zeros, gateBiases))),
                new GatedUnits(Silu, gatesLast: false))
            : new GatedLayers(("fc1_g", new Linear(features, hidden, bias, gates, gateBiases)), ActivationFunction.Silu,
                ("fc1_x", Projection(features, hidden, bias)));
        return Chain(gated, ("norm", norm ?? new Identity()), ("fc2", Projection(hidden, features, bias, last)));
    }

    /// <summary>Makes a vector of tokens.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="prefix">Tokens in front of the patches.</param>
    /// <param name="attention">The pooling by attention, where it is that.</param>
    public static Child Pool(TokenPool kind, int prefix, Func<AttentionPool> attention) => kind switch
    {
        TokenPool.Token => new FirstToken(),
        TokenPool.Avg => new TokenAverage(prefix),
        _ => ("attn_pool", attention()),
    };
}

/// <summary>How tokens become a vector.</summary>
internal enum TokenPool
{
    /// <summary>By the class token.</summary>
    Token,

    /// <summary>By the average of the patches.</summary>
    Avg,

    /// <summary>By attention of a learned token.</summary>
    Map,
}

/// <summary>An activation by timm's name.</summary>
internal enum ActLayer
{
    Gelu = ActivationFunction.Gelu,

    [JsonStringEnumMemberName("gelu_tanh")]
    GeluTanh = ActivationFunction.GeluTanh,

    [JsonStringEnumMemberName("quick_gelu")]
    QuickGelu = ActivationFunction.QuickGelu,

    Relu = ActivationFunction.Relu,

    Silu = ActivationFunction.Silu,
}

/// <summary>A kind of norm over features.</summary>
internal enum NormKind
{
    LayerNorm,

    RmsNorm,
}

/// <summary>
/// A norm that a config names, <c>"RmsNorm"</c>, maybe with arguments, <c>{"name": "LayerNorm", "eps": 1e-5}</c>.
/// </summary>
[JsonConverter(typeof(Reader))]
internal sealed record NormChoice(NormKind Kind, double? Eps)
{
    public const double UsualEpsilon = 1e-6;

    internal sealed class Reader() : ChoiceReader<NormChoice>(choice =>
        Enum.TryParse<NormKind>(choice.Name, ignoreCase: true, out var kind)
            ? new NormChoice(kind, choice.Eps)
            : throw new JsonException($"There is no norm '{choice.Name}'."));
}

/// <summary>A kind of perceptron.</summary>
internal enum MlpKind
{
    SwiGlu,

    /// <summary>SwiGLU whose gate and value share a matrix.</summary>
    PackedSwiGlu,
}

/// <summary>A perceptron that a config names: timm's <c>SwiGLU</c>, or its <c>GluMlp</c> with SwiGLU's arguments.</summary>
[JsonConverter(typeof(Reader))]
internal sealed record MlpChoice(MlpKind Kind)
{
    internal sealed class Reader() : ChoiceReader<MlpChoice>(choice => choice switch
    {
        { Name: "SwiGLU" } => new MlpChoice(MlpKind.SwiGlu),
        { Name: "GluMlp", ActLayer: ActLayer.Silu, GateLast: false } => new MlpChoice(MlpKind.PackedSwiGlu),
        _ => throw new JsonException($"There is no perceptron '{choice.Name}'."),
    });
}
