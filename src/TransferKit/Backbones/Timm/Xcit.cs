using static TransferKit.Layers;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// XCiT (El-Nouby et al., 2021): attention over features, convolutions among neighboring patches, and a class token that comes
/// in at the end. It is built for images of one size.
/// </summary>
internal static class Xcit
{
    private const int Expansion = 4, ClassBlocks = 2;

    public static Blueprint Build(XcitConfig config, int? imageSize)
    {
        var size = imageSize ?? config.ImgSize;
        if (size <= 0 || size % config.PatchSize != 0)
            throw new ArgumentException($"The network cuts images into patches of {config.PatchSize} × {config.PatchSize} px: it "
                + $"takes multiples of {config.PatchSize} px, and not {size} px.", nameof(imageSize));
        var (side, features) = (size / config.PatchSize, config.EmbedDim);
        return new Blueprint(
            [
                ("patch_embed", Chain(("proj", Patches(config)))), ("pos_embed", new FourierPositions(features)),
                new PatchTokens(),
                ("blocks", Sequential([.. Enumerable.Range(0, config.Depth).Select(_ => Block(config, side))])),
                new TokenEmbedding(side, features, PositionKind.None, ("cls_token", 1, Start)),
                ("cls_attn_blocks", Sequential([.. Enumerable.Range(0, ClassBlocks).Select(_ => ClassBlock(config))])),
                ("norm", Norm(null, features)),
            ],
            output => [new FirstToken(), ("head", output.Vector(features, (from, to) => Projection(from, to)))],
            Trunk: "blocks")
        {
            ImageSize = size,
            Map = new PatchMap(side, prefix: 1),
        };
    }

    /// <summary>Convolutions that halve the map until a pixel stands for a patch.</summary>
    private static Layer Patches(XcitConfig config)
    {
        var layers = new List<Layer>();
        var (channels, halvings) = (3, (int)Math.Log2(config.PatchSize));
        for (var left = halvings - 1; left >= 0; left--)
        {
            if (layers.Count > 0)
                layers.Add(Gelu);
            var width = config.EmbedDim >> left;
            layers.Add(Sequential(Conv(channels, width, 3, stride: 2), BatchNorm(width)));
            channels = width;
        }
        return Sequential(layers);
    }

    private static Layer Block(XcitConfig config, int side)
    {
        var (features, window) = (config.EmbedDim, new Kernel2d(3));
        var neighbors = Chain(
            new PatchMap(side, prefix: 0), ("conv1", Conv(features, features, window, groups: features, bias: true)), Gelu,
            ("bn", BatchNorm(features)), ("conv2", Conv(features, features, window, groups: features, bias: true)),
            new PatchTokens());
        return Chain(
            Part(config, 1, ("attn", new CrossCovarianceAttention(features, config.NumHeads))),
            Part(config, 3, ("local_mp", neighbors)),
            Part(config, 2, ("mlp", Perceptron(config))));
    }

    /// <summary>A layer behind a norm, scaled, and added to its input.</summary>
    private static Layer Part(XcitConfig config, int number, Child layer) => Residual(Chain(
        ($"norm{number}", Norm(null, config.EmbedDim)), layer, new FeatureScale(config.EmbedDim, config.Eta, $"gamma{number}")));

    private static Layer ClassBlock(XcitConfig config)
    {
        var features = config.EmbedDim;
        Child norm = ("norm2", Norm(null, features));
        return Chain(
            Part(config, 1, ("attn", new ClassAttention(features, config.NumHeads))),
            config.TokensNorm ? norm : new FirstTokenSequence(norm),
            // The other tokens are doubled here, as in the network that the weights come from.
            Residual(new FirstTokenSequence(("mlp", Perceptron(config)), new FeatureScale(features, config.Eta, "gamma2"))));
    }

    private static Layer Perceptron(XcitConfig config) =>
        Mlp(config.EmbedDim, Expansion * config.EmbedDim, ActivationFunction.Gelu);
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>Xcit</c>.</summary>
internal sealed record XcitConfig : TransformerConfig
{
    /// <summary>Height and width of a patch in pixels: 8 or 16.</summary>
    public int PatchSize { get; set; } = 16;

    /// <summary>What the factors at a block's end start from.</summary>
    public double Eta { get; set; } = 1;

    /// <summary>Whether all tokens are normalized in front of the last perceptrons, and not the class token alone.</summary>
    public bool TokensNorm { get; set; }
}
