using static TransferKit.Layers;

namespace TransferKit;

/// <summary>
/// Vision Transformer (Dosovitskiy et al., 2021). It is built for images of one size, for it learns an embedding of each
/// patch's place.
/// </summary>
internal static class VisionTransformer
{
    private const double Epsilon = 1e-6;
    private const int UsualImageSize = 224;

    public static IReadOnlyList<NamedBlueprint> Models { get; } =
    [
        new("vit_b_16", size => Build(size, patch: 16, blocks: 12, heads: 12, features: 768, hidden: 3072)),
        new("vit_b_32", size => Build(size, patch: 32, blocks: 12, heads: 12, features: 768, hidden: 3072)),
        new("vit_l_16", size => Build(size, patch: 16, blocks: 24, heads: 16, features: 1024, hidden: 4096)),
        new("vit_l_32", size => Build(size, patch: 32, blocks: 24, heads: 16, features: 1024, hidden: 4096)),
        new("vit_h_14", size => Build(size, patch: 14, blocks: 32, heads: 16, features: 1280, hidden: 5120)),
    ];

    private static Blueprint Build(int? imageSize, int patch, int blocks, int heads, int features, int hidden)
    {
        var size = imageSize ?? UsualImageSize;
        if (size < patch || size % patch != 0)
            throw new ArgumentException(
                $"The network cuts images into patches of {patch} × {patch} px: it takes multiples of {patch} px, "
                + $"and not {size} px.",
                nameof(imageSize));
        var side = size / patch;
        return new Blueprint(
            [
                ("conv_proj", new Conv(3, features, new Kernel2d(patch, stride: patch, padding: 0), bias: true,
                    initializer: Initialize.TruncatedNormal(Math.Sqrt(1.0 / (3 * patch * patch))),
                    biasInitializer: Initialize.Zeros)),
                new ClassToken(features),
                ("encoder", Chain(
                    new PositionEmbedding(1 + side * side, features),
                    ("layers", Chain([.. Enumerable.Range(0, blocks)
                        .Select(i => (Child)($"encoder_layer_{i}", Block(heads, features, hidden)))])),
                    ("ln", LayerNorm(features, Epsilon)))),
            ],
            // New heads start at zero too, as torchvision's do.
            output =>
            [
                new FirstToken(),
                ("heads", Chain(("head", output.Vector(features, (from, to) =>
                    Linear(from, to, initializer: Initialize.Zeros, biasInitializer: Initialize.Zeros))))),
            ],
            Trunk: "encoder.layers")
        {
            ImageSize = size,
            Map = new PatchMap(side),
        };
    }

    private static Layer Block(int heads, int features, int hidden) => Chain(
        Residual(Chain(("ln_1", LayerNorm(features, Epsilon)), ("self_attention", new Attention(features, heads)))),
        Residual(Chain(
            ("ln_2", LayerNorm(features, Epsilon)),
            ("mlp", Mlp(features, hidden, Initialize.XavierUniform, Initialize.Normal(1e-6))))));
}
