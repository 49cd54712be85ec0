using System.Text.Json.Serialization;
using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// LeViT (Graham et al., 2021): convolutions, and attention whose queries are fewer from stage to stage, with batch norms
/// throughout. It is built for images of one size.
/// </summary>
internal sealed class Levit
{
    private readonly LevitConfig _config;

    private Levit(LevitConfig config) => _config = config;

    /// <summary>A network with one head.</summary>
    public static Blueprint Build(LevitConfig config, int? imageSize) =>
        new Levit(config).Build(imageSize ?? config.ImgSize, (output, features) => [("head", Head(output, features))]);

    /// <summary>A network with a second head, which learned from a teacher: results are the average of both.</summary>
    public static Blueprint BuildDistilled(LevitConfig config, int? imageSize) => new Levit(config).Build(
        imageSize ?? config.ImgSize,
        (output, features) => [new Average(("head", Head(output, features)), ("head_dist", Head(output, features)))]);

    private Blueprint Build(int imageSize, Func<HeadSlot, int, IReadOnlyList<Child>> head)
    {
        var widths = _config.EmbedDim;
        var side = TransformerParts.Side(imageSize, _config.StemType == "s8" ? 8 : 16);
        var patches = side;
        var stages = new List<Layer>();
        foreach (var (stage, width) in widths.Index())
        {
            Layer down = new Identity();
            if (stage > 0)
            {
                down = Downsample(widths[stage - 1], width, side);
                side = (side + 1) / 2;
            }
            var blocks = Enumerable.Repeat(side, _config.Depth[stage]).Select(map => Block(width, _config.NumHeads[stage], map));
            stages.Add(Chain(("downsample", down), ("blocks", Sequential([.. blocks]))));
        }
        return new Blueprint(
            [("stem", Stem(widths[0])), new PatchTokens(), ("stages", Sequential(stages))],
            output => [new TokenAverage(0), .. head(output, widths[^1])],
            Trunk: "stages")
        {
            ImageSize = imageSize,
            Map = new PatchMap(side, prefix: 0),
        };
    }

    private Layer Stem(int width)
    {
        int[] widths = _config.StemType == "s8" ? [width / 4, width / 2, width] : [width / 8, width / 4, width / 2, width];
        var layers = new List<Child>();
        foreach (var (i, to) in widths.Index())
        {
            if (i > 0)
                layers.Add(Activate());
            layers.Add(($"conv{i + 1}", Chain(("linear", Conv(i == 0 ? 3 : widths[i - 1], to, 3, 2)), ("bn", BatchNorm(to)))));
        }
        return Chain(layers);
    }

    private Layer Block(int features, int heads, int side)
    {
        var (keys, values) = (_config.KeyDim, 2 * _config.KeyDim);
        var attention = new OffsetAttention(
            side, heads, keys, values, ("qkv", Project(features, heads * (2 * keys + values))),
            ("proj", Chain(Activate(), ("ln", Project(heads * values, features, Initialize.Zeros)))));
        return Chain(Residual(("attn", attention)), Residual(("mlp", Perceptron(features))));
    }

    private Layer Downsample(int from, int to, int side)
    {
        var (keys, heads) = (_config.KeyDim, from / _config.KeyDim);
        var values = 4 * keys;
        var attention = new ShrinkingAttention(
            side, heads, keys, values, ("kv", Project(from, heads * (keys + values))), ("q.ln", Project(from, heads * keys)),
            ("proj", Chain(Activate(), ("ln", Project(heads * values, to)))));
        return Chain(("attn_downsample", attention), Residual(("mlp", Perceptron(to))));
    }

    private Layer Perceptron(int features) => Chain(
        ("ln1", Project(features, 2 * features)), Activate(), ("ln2", Project(2 * features, features, Initialize.Zeros)));

    /// <summary>A linear layer with a batch norm, over tokens.</summary>
    private Layer Project(int from, int to, Initializer? scale = null)
    {
        var linear = _config.UseConv ? Conv(from, to, new Kernel2d(1)) : Linear(from, to, bias: false);
        return new JoinedTokens(Chain(("linear", linear), ("bn", BatchNorm(to, scale: scale))), _config.UseConv);
    }

    private Layer Activate() => _config.ActLayer.ToLayer();

    private static Layer Head(HeadSlot output, int features) => Chain(
        ("bn", BatchNorm(features)), ("linear", output.Vector(features, (from, to) => TransformerParts.Projection(from, to))));

    /// <summary>
    /// Runs a layer on the tokens of all samples together, <c>[N, T, F]</c> → <c>[N, T, F']</c>: on <c>[N · T, F]</c>, or on a
    /// map <c>[N, F, T, 1]</c>.
    /// </summary>
    private sealed class JoinedTokens(Layer layer, bool asMap) : Layer
    {
        /// <inheritdoc/>
        public override IReadOnlyList<Child> Children { get; } = [layer];

        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            var sizes = ops.Sizes(input);
            if (asMap)
            {
                var map = ops.Run(Children[0].Layer, ops.Reshape(ops.Permute(input, 0, 2, 1), sizes[0], sizes[2], sizes[1], 1));
                return ops.Permute(ops.Reshape(map, sizes[0], ops.Size(map, 1), sizes[1]), 0, 2, 1);
            }

            var joined = ops.Run(Children[0].Layer, ops.Reshape(input, Operations<T>.Unknown, sizes[2]));
            return ops.Reshape(joined, sizes[0], sizes[1], ops.Size(joined, 1));
        }
    }
}

/// <summary>
/// Attention in which every other pixel of a map, down and across, asks all of them, <c>[N, S · S, F]</c> → <c>[N, ⌈S / 2⌉²,
/// F']</c> (Graham et al., 2021).
/// </summary>
internal sealed class ShrinkingAttention : Layer
{
    private const int Stride = 2;

    private readonly int _side, _heads, _keyFeatures, _valueFeatures;
    private readonly Child _keysAndValues, _queries, _output;
    private readonly OffsetBias _bias;

    /// <summary>Creates an attention.</summary>
    /// <param name="side">Height and width of the map, S, in pixels.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="keyFeatures">Features of a head's keys, K.</param>
    /// <param name="valueFeatures">Features of a head's values, V.</param>
    /// <param name="keysAndValues">Makes both, head by head, <c>[N, S · S, F]</c> → <c>[N, S · S, heads · (K + V)]</c>.</param>
    /// <param name="queries">Makes queries of some tokens, <c>[N, T, F]</c> → <c>[N, T, heads · K]</c>.</param>
    /// <param name="output">What the heads' results go through, <c>[N, T, heads · V]</c> → <c>[N, T, F']</c>.</param>
    public ShrinkingAttention(
        int side, int heads, int keyFeatures, int valueFeatures, Child keysAndValues, Child queries, Child output)
    {
        (_side, _heads, _keyFeatures, _valueFeatures) = (side, heads, keyFeatures, valueFeatures);
        (_keysAndValues, _queries, _output, _bias) = (keysAndValues, queries, output, new OffsetBias(side, heads, Stride));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [_bias, _keysAndValues, _queries, _output];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = AttentionHeads.SizesOfPixels(ops, input, _side);
        var left = (_side + Stride - 1) / Stride;
        var map = ops.Reshape(ops.Permute(input, 0, 2, 1), sizes[0], sizes[2], _side, _side);
        var some = ops.Reshape(
            ops.Pool(map, PoolKind.Average, new Kernel2d(1, Stride)), sizes[0], sizes[2], left * left);
        var queries = Heads(ops.Run(_queries.Layer, ops.Permute(some, 0, 2, 1)), left * left);
        var parts = ops.Split(Heads(ops.Run(_keysAndValues.Layer, input), sizes[1]), 3, _keyFeatures, _valueFeatures);
        return ops.Run(_output.Layer, ops.Attention(queries, parts[0], parts[1], ops.Cast(_bias.Of(ops), input)));

        T Heads(T tokens, long count) => ops.Permute(
            ops.Reshape(tokens, sizes[0], count, _heads, ops.Size(tokens, 2) / _heads), 0, 2, 1, 3);
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>Levit</c>.</summary>
internal sealed record LevitConfig
{
    /// <summary>Height and width of the images in pixels.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int ImgSize { get; set; } = 224;

    /// <summary>Features of each stage's tokens.</summary>
    public int[] EmbedDim { get; set; } = [192];

    /// <summary>Features of a head's keys.</summary>
    public int KeyDim { get; set; } = 64;

    /// <summary>Blocks of each stage.</summary>
    public int[] Depth { get; set; } = [12];

    /// <summary>Heads of each stage.</summary>
    public int[] NumHeads { get; set; } = [3];

    /// <summary>By how much the stem shrinks the image: <c>s8</c>, <c>s16</c>.</summary>
    public string StemType { get; set; } = "s16";

    public ConvActivation ActLayer { get; set; } = ConvActivation.HardSwish;

    /// <summary>Whether linear layers are convolutions of one pixel.</summary>
    public bool UseConv { get; set; }
}
