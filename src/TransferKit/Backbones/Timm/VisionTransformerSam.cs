using TorchSharp;
using static TransferKit.Layers;
using static TransferKit.Timm.TransformerParts;

namespace TransferKit.Timm;

/// <summary>
/// The image encoder of Segment Anything (Kirillov et al., 2023), as timm's class <c>VisionTransformerSAM</c> builds it:
/// attention within windows, in some blocks over the whole map (Li et al., 2022). It is built for images of one size.
/// </summary>
internal static class VisionTransformerSam
{
    private const int PatchSize = 16, WindowSize = 14;

    public static Blueprint Build(VisionTransformerSamConfig config, int? imageSize)
    {
        var size = imageSize ?? config.ImgSize;
        var (side, features) = (Side(size, PatchSize), config.EmbedDim);
        var channels = config.NeckChans ?? features;
        return new Blueprint(
            [
                ("patch_embed", Chain(("proj", PatchProjection(features, PatchSize, bias: true)))),
                ChannelsLast,
                config.UseAbsPos ? new MapPositions(side, features) : new Identity(),
                ("blocks", Sequential([.. Enumerable.Range(0, config.Depth).Select(i => Block(config, side, i))])),
                ChannelsFirst,
                ("neck", config.NeckChans is null ? LayerNorm2d(features, NormChoice.UsualEpsilon) : Neck(features, channels)),
            ],
            output =>
            [
                ("head", Chain(("global_pool", GlobalAveragePool), Flatten(), ("fc", output.Vector(channels)))),
            ],
            Trunk: "blocks")
        {
            ImageSize = size,
        };
    }

    private static Layer Block(VisionTransformerSamConfig config, int side, int index)
    {
        var features = config.EmbedDim;
        var window = config.GlobalAttnIndexes.Contains(index) ? side : WindowSize;
        return Chain(
            Residual(Chain(
                ("norm1", LayerNorm(features)),
                new WindowTokens(window, ("attn", new MapAttention(features, config.NumHeads, window, config.UseRelPos))))),
            Residual(Chain(
                ("norm2", LayerNorm(features)), ("mlp", PlainMlp(features, 4 * features)))));
    }

    private static Layer Neck(int features, int channels) => Sequential(
        Conv(features, channels, 1), LayerNorm2d(channels, NormChoice.UsualEpsilon),
        Conv(channels, channels, 3), LayerNorm2d(channels, NormChoice.UsualEpsilon));

    /// <summary>Adds to each pixel of a map what is learned for its place, <c>[N, S, S, F]</c> → <c>[N, S, S, F]</c>.</summary>
    private sealed class MapPositions : Layer
    {
        private readonly Weight _positions;

        public MapPositions(int side, int features)
        {
            _positions = AddParameter("pos_embed", [1, side, side, features], Initialize.Zeros, decays: false);
            _positions.ShapeAdapter = new(
                shape => shape is [1, var height, var width, var depth] && height == width && depth == features,
                loaded => Resample(loaded, side));
        }

        internal override bool HoldsReduced => true;

        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            if (!ops.Sizes(input).Skip(1).SequenceEqual(_positions.Shape.Skip(1)))
                throw new ArgumentException($"The network was built for a map of {new Shape([.. _positions.Shape.Skip(1)])}, and "
                    + $"can't take a sample of shape {ops.Sample(input)}.", nameof(input));
            return ops.Add(input, ops.Weight(_positions, input));
        }

        /// <summary>As timm's <c>resample_abs_pos_embed_nhwc</c> does it.</summary>
        private static torch.Tensor Resample(torch.Tensor loaded, int side)
        {
            using var scope = torch.NewDisposeScope();
            var map = loaded.to_type(torch.ScalarType.Float32).permute(0, 3, 1, 2);
            return TokenEmbedding.ResampleMap(map, side, side).permute(0, 2, 3, 1).contiguous().MoveToOuterDisposeScope();
        }
    }

    /// <summary>
    /// Self-attention of the pixels of a square map, with what queries say of the offsets to all pixels on top of the scores,
    /// <c>[N, S · S, F]</c> → <c>[N, S · S, F]</c>.
    /// </summary>
    private sealed class MapAttention : Layer
    {
        private readonly int _heads, _side, _keyFeatures;
        private readonly Layer _projection, _output;
        private readonly OffsetScores? _offsets;

        public MapAttention(int features, int heads, int side, bool hasOffsets)
        {
            AttentionHeads.RequireDivisible(features, heads);
            (_heads, _side, _keyFeatures) = (heads, side, features / heads);
            (_projection, _output) = (Linear(features, 3 * features), Linear(features, features));
            _offsets = hasOffsets ? OffsetScores.OfMap(side, _keyFeatures) : null;
        }

        /// <inheritdoc/>
        public override IReadOnlyList<Child> Children =>
            _offsets is null ? [("qkv", _projection), ("proj", _output)] : [("qkv", _projection), _offsets, ("proj", _output)];

        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            var sizes = AttentionHeads.SizesOfPixels(ops, input, _side);
            var (queries, keys, values) = AttentionHeads.Split(ops, ops.Run(_projection, input), _heads);
            var scores = _offsets is null ? null : ops.Reshape(
                ops.Run(_offsets, ops.Reshape(queries, Operations<T>.Unknown, _side, _side, _keyFeatures)),
                sizes[0], _heads, sizes[1], sizes[1]);
            return ops.Run(_output, ops.Attention(queries, keys, values, scores));
        }
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>VisionTransformerSAM</c>.</summary>
internal sealed record VisionTransformerSamConfig : TransformerConfig
{
    public VisionTransformerSamConfig() => ImgSize = 1024;

    /// <summary>The blocks, counted from 0, that attend over the whole map.</summary>
    public int[] GlobalAttnIndexes { get; set; } = [];

    /// <summary>Whether tokens have learned positions.</summary>
    public bool UseAbsPos { get; set; } = true;

    /// <summary>Whether queries say something of offsets.</summary>
    public bool UseRelPos { get; set; }

    /// <summary>Channels of the convolutions behind the blocks; null: there are none, but a norm.</summary>
    public int? NeckChans { get; set; } = 256;
}
