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
                    ("proj", PatchProjection(features, config.PatchSize, bias: !config.UsePreTransformerNorm)),
                    new PatchTokens())),
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
                ("q_proj", Projection(features, features, config.QkvBias)),
                ("k_proj", Projection(features, features, keysHaveBias)),
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
