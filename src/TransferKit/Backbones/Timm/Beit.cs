using static TransferKit.Layers;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// BEiT (Bao et al., 2022) and BEiT v2 (Peng et al., 2022): a vision transformer with a bias for each offset between patches. It
/// is built for images of one size.
/// </summary>
internal static class Beit
{
    private const int PatchSize = 16;

    // What a new classifier's weights are multiplied by.
    private const double NewHeadScale = 0.001;

    public static Blueprint Build(BeitConfig config, int? imageSize)
    {
        var size = imageSize ?? config.ImgSize;
        var (side, features) = (Side(size, PatchSize), config.EmbedDim);
        var rows = new Lazy<long[]>(() => RelativeTokenBias.Rows(side));
        return new Blueprint(
            [
                ("patch_embed", Chain(("proj", PatchProjection(features, PatchSize, bias: true)), new PatchTokens())),
                new TokenEmbedding(
                    side, features, config.UseAbsPosEmb ? PositionKind.All : PositionKind.None, ("cls_token", 1, Start)),
                ("blocks", Sequential([.. Enumerable.Range(0, config.Depth).Select(i => Block(config, side, rows, i))])),
            ],
            output =>
            [
                new TokenAverage(1),
                ("fc_norm", Norm(null, features)),
                ("head", output.Vector(features, (from, to) =>
                    Projection(from, to, start: Initialize.TruncatedNormal(Deviation * NewHeadScale)))),
            ],
            Trunk: "blocks")
        {
            ImageSize = size,
            Map = new PatchMap(side, prefix: 1),
        };
    }

    private static Layer Block(BeitConfig config, int side, Lazy<long[]> rows, int index)
    {
        var (features, last) = (config.EmbedDim, StartOfBlock(index));
        return Chain(
            Residual(Chain(
                ("norm1", Norm(null, features)),
                ("attn", new Attention(features, config.NumHeads, new KeyUnbiasedProjection(features, Start),
                    ("proj", Projection(features, features, start: last)))
                {
                    Bias = config.UseRelPosBias ? new RelativeTokenBias(side, config.NumHeads, rows) : null,
                }),
                Scale("gamma_1"))),
            Residual(Chain(
                ("norm2", Norm(null, features)),
                ("mlp", Mlp(features, 4 * features, ActivationFunction.Gelu, last: last)),
                Scale("gamma_2"))));

        Layer Scale(string name) =>
            config.InitValues is { } start ? new FeatureScale(features, start, name) : new Identity();
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>Beit</c>.</summary>
internal sealed record BeitConfig : TransformerConfig
{
    /// <summary>What the factors at a block's end start from; null: there are none.</summary>
    public double? InitValues { get; set; }

    /// <summary>Whether tokens have learned positions.</summary>
    public bool UseAbsPosEmb { get; set; } = true;

    /// <summary>Whether each attention has a bias for each offset between patches.</summary>
    public bool UseRelPosBias { get; set; }
}
