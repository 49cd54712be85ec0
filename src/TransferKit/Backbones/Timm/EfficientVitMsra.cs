using System.Text.Json.Serialization;
using static TransferKit.Layers;
using static TransferKit.Timm.ConvParts;

namespace TransferKit.Timm;

/// <summary>
/// Microsoft's EfficientViT (Liu et al., 2023), whose attention heads each see a part of the channels and what the head in front
/// of them made of its own. It is built for images of one size.
/// </summary>
internal sealed class EfficientVitMsra
{
    private const int PatchSize = 16;

    private readonly EfficientVitMsraConfig _config;

    private EfficientVitMsra(EfficientVitMsraConfig config) => _config = config;

    public static Blueprint Build(EfficientVitMsraConfig config, int? imageSize) =>
        new EfficientVitMsra(config).Build(imageSize ?? config.ImgSize);

    private Blueprint Build(int imageSize)
    {
        var (widths, side) = (_config.EmbedDim, TransformerParts.Side(imageSize, PatchSize));
        var stages = new List<Layer>();
        foreach (var (stage, width) in widths.Index())
        {
            side = stage == 0 ? side : (side + 1) / 2;
            var blocks = Enumerable.Repeat(side, _config.Depth[stage]).Select(map => Block(stage, map));
            stages.Add(Chain(
                ("downsample", stage == 0 ? new Identity() : Downsample(widths[stage - 1], width)),
                ("blocks", Sequential([.. blocks]))));
        }
        var (first, last) = (widths[0], widths[^1]);
        return new Blueprint(
            [
                ("patch_embed", Chain(
                    ("conv1", ConvNorm(3, first / 8, 3, 2)), Relu, ("conv2", ConvNorm(first / 8, first / 4, 3, 2)), Relu,
                    ("conv3", ConvNorm(first / 4, first / 2, 3, 2)), Relu, ("conv4", ConvNorm(first / 2, first, 3, 2)))),
                ("stages", Sequential(stages)),
            ],
            output =>
            [
                ("global_pool", GlobalAveragePool), Flatten(), ("head", Chain(("bn", BatchNorm(last)), ("linear", output.Vector(
                    last, (from, to) => TransformerParts.Projection(from, to))))),
            ],
            Trunk: "stages")
        {
            ImageSize = imageSize,
        };
    }

    private static Layer Downsample(int from, int to)
    {
        var hidden = 4 * from;
        return Chain(
            ("res1", Mixing(from)),
            ("patchmerge", Chain(
                ("conv1", ConvNorm(from, hidden, 1)), Relu, ("conv2", ConvNorm(hidden, hidden, 3, 2, hidden)), Relu,
                ("se", ChannelAttention.SqueezeExcite(hidden, ChannelCount.Round(hidden / 4.0, least: 0))),
                ("conv3", ConvNorm(hidden, to, 1)))),
            ("res2", Mixing(to)));

        static Layer Mixing(int channels) => Sequential(
            Residual(("m", ConvNorm(channels, channels, 3, groups: channels))), Residual(("m", Perceptron(channels))));
    }

    private Layer Block(int stage, int side)
    {
        var (channels, window) = (_config.EmbedDim[stage], Math.Min(_config.WindowSize[stage], side));
        var attention = new CascadedAttention(window, channels, _config.KeyDim[stage],
            _config.Kernels[.._config.NumHeads[stage]]);
        var windows = new WindowTokens(window, Chain(new PatchMap(window, prefix: 0), ("attn", attention), new PatchTokens()));
        return Chain(
            ("dw0", Residual(("m", Near()))), ("ffn0", Residual(("m", Perceptron(channels)))),
            ("mixer", Residual(("m", Chain(ChannelsLast, windows, ChannelsFirst)))),
            ("dw1", Residual(("m", Near()))), ("ffn1", Residual(("m", Perceptron(channels)))));

        Layer Near() => ConvNorm(channels, channels, 3, groups: channels, scale: Initialize.Zeros);
    }

    private static Layer Perceptron(int channels) => Chain(
        ("pw1", ConvNorm(channels, 2 * channels, 1)), Relu,
        ("pw2", ConvNorm(2 * channels, channels, 1, scale: Initialize.Zeros)));
}

/// <summary>
/// Attention of a map's pixels, <c>[N, C, S, S]</c> → <c>[N, C, S, S]</c>, one head after the other: each takes its part of the
/// channels plus what the one in front gave.
/// </summary>
internal sealed class CascadedAttention : Layer
{
    private readonly int _side, _keyFeatures, _valueFeatures;
    private readonly OffsetBias _bias;
    private readonly IReadOnlyList<Layer> _projections, _queries;
    private readonly Layer _output;

    /// <summary>Creates an attention.</summary>
    /// <param name="side">Height and width of the map, S, in pixels.</param>
    /// <param name="channels">Channels, C.</param>
    /// <param name="keyFeatures">Features of a head's queries and keys.</param>
    /// <param name="kernels">For each head the kernel that queries are convolved with.</param>
    public CascadedAttention(int side, int channels, int keyFeatures, IReadOnlyList<int> kernels)
    {
        (_side, _keyFeatures, _valueFeatures) = (side, keyFeatures, channels / kernels.Count);
        _bias = new OffsetBias(side, kernels.Count);
        _projections = [.. kernels.Select(_ => ConvNorm(_valueFeatures, 2 * keyFeatures + _valueFeatures, 1))];
        _queries = [.. kernels.Select(kernel => ConvNorm(keyFeatures, keyFeatures, kernel, groups: keyFeatures))];
        _output = Chain(Relu, ("1", ConvNorm(channels, channels, 1, scale: Initialize.Zeros)));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children =>
    [
        _bias, .. _projections.Select((layer, i) => (Child)($"qkvs.{i}", layer)),
        .. _queries.Select((layer, i) => (Child)($"dws.{i}", layer)), ("proj", _output),
    ];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = AttentionHeads.SizesOfMap(ops, input, _side);
        var bias = ops.Cast(_bias.Of(ops), input);
        long pixels = _side * _side;
        var parts = ops.Split(input, 1, [.. _projections.Select(_ => (long)_valueFeatures)]);
        var results = new List<T>();
        foreach (var (head, part) in parts.Index())
        {
            var seen = ops.Run(_projections[head], head == 0 ? part : ops.Add(results[^1], part));
            var made = ops.Split(seen, 1, _keyFeatures, _keyFeatures, _valueFeatures);
            var attended = ops.Attention(
                Tokens(ops.Run(_queries[head], made[0])), Tokens(made[1]), Tokens(made[2]), ops.Slice(bias, 1, head, 1));
            results.Add(ops.Reshape(ops.Permute(attended, 0, 2, 1), sizes[0], _valueFeatures, _side, _side));
        }
        return ops.Run(_output, ops.Concat(1, results));

        T Tokens(T map) => ops.Permute(ops.Reshape(map, sizes[0], 1, ops.Size(map, 1), pixels), 0, 1, 3, 2);
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>EfficientVitMsra</c>.</summary>
internal sealed record EfficientVitMsraConfig
{
    /// <summary>Height and width of the images in pixels.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int ImgSize { get; set; } = 224;

    /// <summary>Channels of each stage.</summary>
    public int[] EmbedDim { get; set; } = [64, 128, 192];

    /// <summary>Features of each stage's keys.</summary>
    public int[] KeyDim { get; set; } = [16, 16, 16];

    /// <summary>Blocks of each stage.</summary>
    public int[] Depth { get; set; } = [1, 2, 3];

    /// <summary>Heads of each stage.</summary>
    public int[] NumHeads { get; set; } = [4, 4, 4];

    /// <summary>Height and width of each stage's windows, in pixels of its map.</summary>
    public int[] WindowSize { get; set; } = [7, 7, 7];

    /// <summary>The kernels that each head's queries are convolved with.</summary>
    public int[] Kernels { get; set; } = [5, 5, 5, 5];
}
