using System.Text.Json;
using System.Text.Json.Serialization;
using static TransferKit.Layers;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// MLP-Mixer (Tolstikhin et al., 2021), ResMLP (Touvron et al., 2021) and gMLP (Liu et al., 2021): perceptrons that run along the
/// patches of an image, and along the features of each. They are built for images of one size.
/// </summary>
internal static class MlpMixer
{
    private const double NormEpsilon = 1e-6;

    private static readonly Initializer Small = Initialize.Normal(1e-6);

    public static Blueprint Build(MlpMixerConfig config, int? imageSize)
    {
        var size = imageSize ?? config.ImgSize;
        var (side, features) = (Side(size, config.PatchSize), config.EmbedDim);
        var window = new Kernel2d(config.PatchSize, stride: config.PatchSize, padding: 0);
        return new Blueprint(
            [
                ("stem", Chain(
                    ("proj", Conv(3, features, window, 1, bias: true, Initialize.LecunNormal, Initialize.Zeros)),
                    new PatchTokens())),
                ("blocks", Sequential([.. Enumerable.Range(0, config.NumBlocks).Select(_ => Block(config, side * side))])),
                ("norm", Norm(config)),
            ],
            output =>
            [
                new TokenAverage(0),
                ("head", output.Vector(features, (from, to) => Linear(from, to, true, Initialize.Zeros, Initialize.Zeros))),
            ],
            Trunk: "blocks")
        {
            ImageSize = size,
            Map = new PatchMap(side, prefix: 0),
        };
    }

    private static Layer Block(MlpMixerConfig config, int tokens)
    {
        var features = config.EmbedDim;
        var hidden = config.MlpRatio.Select(ratio => (int)(features * ratio)).ToArray();
        return config.BlockLayer switch
        {
            { Kind: MixerBlockKind.SpatialGatingBlock } => Residual(Chain(
                ("norm", Norm(config)), ("mlp_channels", SpatiallyGated(features, hidden[^1], tokens)))),
            { Kind: MixerBlockKind.ResBlock, InitValues: var start } => Chain(
                Residual(Chain(
                    ("norm1", Norm(config)), AlongTokens(("linear_tokens", Dense(tokens, tokens, Initialize.Zeros))),
                    new FeatureScale(features, start, "ls1"))),
                Residual(Chain(
                    ("norm2", Norm(config)), ("mlp_channels", Perceptron(config, features, hidden[^1])),
                    new FeatureScale(features, start, "ls2")))),
            _ => Chain(
                Residual(Chain(
                    ("norm1", Norm(config)), AlongTokens(("mlp_tokens", Perceptron(config, tokens, hidden[0]))))),
                Residual(Chain(("norm2", Norm(config)), ("mlp_channels", Perceptron(config, features, hidden[^1]))))),
        };
    }

    /// <summary>Runs layers on the tokens of each feature, <c>[N, T, F]</c> → <c>[N, F, T]</c> → <c>[N, T, F]</c>.</summary>
    private static Layer AlongTokens(params IReadOnlyList<Child> layers) =>
        Chain([new Permute(1, 0), .. layers, new Permute(1, 0)]);

    private static Layer Perceptron(MlpMixerConfig config, int width, int hidden) => config.MlpLayer == MixerMlp.GluMlp
        ? Chain(
            ("fc1", Linear(width, hidden, true,
                Initialize.Halves(Initialize.XavierUniform, Small), Initialize.Halves(Small, Initialize.Ones))),
            new GatedUnits(new Activation((ActivationFunction)config.ActLayer), gatesLast: true),
            ("fc2", Dense(hidden / 2, width, Small)))
        : Chain(
            ("fc1", Dense(width, hidden, Small)), new Activation((ActivationFunction)config.ActLayer),
            ("fc2", Dense(hidden, width, Small)));

    /// <summary>A perceptron half of whose units are gated by the other half, which has been mixed along the tokens.</summary>
    private static Layer SpatiallyGated(int features, int hidden, int tokens) => Chain(
        ("fc1", Dense(features, hidden, Small)), Gelu,
        ("gate", new GatedUnits(
            Chain(
                ("norm", LayerNorm(hidden / 2)),
                AlongTokens(("proj", Linear(tokens, tokens, true, Small, Initialize.Ones)))),
            gatesLast: true)),
        ("fc2", Dense(hidden / 2, features, Small)));

    private static Layer Norm(MlpMixerConfig config) => config.NormLayer == MixerNorm.Affine
        ? new Affine("alpha", "beta", 1, 1, config.EmbedDim) : LayerNorm(config.EmbedDim, NormEpsilon);

    private static Layer Dense(int from, int to, Initializer bias) => Linear(from, to, true, Initialize.XavierUniform, bias);
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>MlpMixer</c>.</summary>
internal sealed record MlpMixerConfig
{
    /// <summary>Height and width of the images in pixels.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int ImgSize { get; set; } = 224;

    /// <summary>Height and width of a patch in pixels.</summary>
    public int PatchSize { get; set; } = 16;

    /// <summary>Features of a token.</summary>
    public int EmbedDim { get; set; } = 512;

    public int NumBlocks { get; set; } = 8;

    /// <summary>A perceptron's units for each feature: along the tokens, and along the features.</summary>
    [JsonConverter(typeof(OneOrMany<double>))]
    public double[] MlpRatio { get; set; } = [0.5, 4];

    public MixerBlockChoice BlockLayer { get; set; } = new(MixerBlockKind.MixerBlock, 0);

    public MixerMlp MlpLayer { get; set; }

    public MixerNorm NormLayer { get; set; }

    public ActLayer ActLayer { get; set; } = ActLayer.Gelu;
}

internal enum MixerBlockKind
{
    MixerBlock,

    /// <summary>ResMLP's.</summary>
    ResBlock,

    /// <summary>gMLP's.</summary>
    SpatialGatingBlock,
}

/// <summary>A kind of block.</summary>
/// <param name="Kind">Which.</param>
/// <param name="InitValues">What the factors at its end start from, where it has any.</param>
[JsonConverter(typeof(Reader))]
internal sealed record MixerBlockChoice(MixerBlockKind Kind, double InitValues)
{
    private const double UsualStart = 1e-4;

    internal sealed class Reader() : ChoiceReader<MixerBlockChoice>(choice =>
        Enum.TryParse<MixerBlockKind>(choice.Name, out var kind)
            ? new MixerBlockChoice(kind, choice.InitValues ?? UsualStart)
            : throw new JsonException($"There is no block '{choice.Name}'."));
}

internal enum MixerMlp
{
    Mlp,

    /// <summary>With gated units.</summary>
    GluMlp,

    /// <summary>gMLP's, which its blocks have anyway.</summary>
    GatedMlp,
}

internal enum MixerNorm
{
    LayerNorm,

    /// <summary>ResMLP's, which doesn't look at mean and variance.</summary>
    Affine,
}
