using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// The blocks of MobileViT (Mehta and Rastegari, 2022) and MobileViT V2 (Mehta and Rastegari, 2022b): transformers whose tokens
/// are the pixels that lie in the same place of all patches of a map.
/// </summary>
internal static class MobileVit
{
    private const int Heads = 4;
    private const int MlpRatio = 2;

    public static Layer Block(ByobLayers layers, int from, int to, ByobBlockArguments options)
    {
        var features = options.TransformerDim;
        var blocks = Enumerable.Range(0, options.TransformerDepth).Select(_ => TransformerBlock(layers, features));
        var main = Chain(
            ("conv_kxk", layers.Unit(from, from, 3)), ("conv_1x1", ByobLayers.Conv(from, features, 1)),
            new PatchPixels(
                options.PatchSize, areChannelsFirst: false,
                ("transformer", Sequential([.. blocks])), ("norm", LayerNorm(features))),
            ("conv_proj", layers.Unit(features, to, 1)));
        return Chain(new Concat(new Identity(), main), ("conv_fusion", layers.Unit(from + to, to, 3)));
    }

    public static Layer SeparableBlock(ByobLayers layers, int from, int to, ByobBlock block)
    {
        var (features, options) = (ChannelCount.Round(from * block.Br), block.BlockKwargs!);
        var blocks = Enumerable.Range(0, options.TransformerDepth).Select(_ => SeparableTransformerBlock(layers, features));
        return Chain(
            ("conv_kxk", layers.Unit(from, from, 3, groups: block.Groups(from))),
            ("conv_1x1", ByobLayers.Conv(from, features, 1)),
            new PatchPixels(
                options.PatchSize, areChannelsFirst: true, ("transformer", Sequential([.. blocks])),
                ("norm", new GroupNorm(features, 1))),
            ("conv_proj", layers.Unit(features, to, 1, isLinear: true)));
    }

    private static Layer TransformerBlock(ByobLayers layers, int features)
    {
        var attention = new Attention(
            features, Heads, ("qkv", ByobLayers.Linear(features, 3 * features)), ("proj", ByobLayers.Linear(features, features)));
        var perceptron = Chain(
            ("fc1", ByobLayers.Linear(features, MlpRatio * features)), layers.Activate(),
            ("fc2", ByobLayers.Linear(MlpRatio * features, features)));
        return Chain(
            Residual(Chain(("norm1", LayerNorm(features)), ("attn", attention))),
            Residual(Chain(("norm2", LayerNorm(features)), ("mlp", perceptron))));
    }

    private static Layer SeparableTransformerBlock(ByobLayers layers, int features)
    {
        var perceptron = Chain(
            ("fc1", Project(features, MlpRatio * features)), layers.Activate(), ("fc2", Project(MlpRatio * features, features)));
        return Chain(
            Residual(Chain(("norm1", new GroupNorm(features, 1)), ("attn", new SeparableAttention(features)))),
            Residual(Chain(("norm2", new GroupNorm(features, 1)), ("mlp", perceptron))));
    }

    private static Layer Project(int from, int to) => Conv(
        from, to, new Kernel2d(1), bias: true, initializer: Initialize.KaimingNormalFanOut, biasInitializer: Initialize.Zeros);

    /// <summary>
    /// Runs layers on the tokens of each place in a patch by themselves, <c>[N, C, H, W]</c> → <c>[N, C', H, W]</c>: on
    /// <c>[N, C, S · S, T]</c> where channels come first, else on <c>[N · S · S, T, C]</c>, for T patches.
    /// </summary>
    /// <param name="size">Height and width of a patch, S, in pixels; it divides those of the map.</param>
    /// <param name="areChannelsFirst">Whether channels come first.</param>
    /// <param name="layers">The layers.</param>
    private sealed class PatchPixels(int size, bool areChannelsFirst, params IReadOnlyList<Child> layers) : Layer
    {
        private readonly Sequence _layers = new(layers);

        /// <inheritdoc/>
        public override IReadOnlyList<Child> Children => _layers.Children;

        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            var sizes = ops.Sizes(input);
            var (batch, channels, height, width) = (sizes[0], sizes[1], sizes[2], sizes[3]);
            if (height % size != 0 || width % size != 0)
                throw new ArgumentException(
                    $"A sample of shape {ops.Sample(input)} can't be cut into patches of {size} × {size} pixels: height and "
                    + $"width of the map must be multiples of {size}.", nameof(input));
            var (rows, columns) = (height / size, width / size);
            var cut = ops.Reshape(input, batch, channels, rows, size, columns, size);
            if (areChannelsFirst)
            {
                var places = ops.Reshape(ops.Permute(cut, 0, 1, 3, 5, 2, 4), batch, channels, size * size, rows * columns);
                var mixed = ops.Reshape(ops.Run(_layers, places), batch, channels, size, size, rows, columns);
                return ops.Reshape(ops.Permute(mixed, 0, 1, 4, 2, 5, 3), batch, channels, height, width);
            }

            var tokens = ops.Reshape(ops.Permute(cut, 0, 3, 5, 2, 4, 1), Operations<T>.Unknown, rows * columns, channels);
            var seen = ops.Reshape(ops.Run(_layers, tokens), batch, size, size, rows, columns, channels);
            return ops.Reshape(ops.Permute(seen, 0, 5, 3, 1, 4, 2), batch, channels, height, width);
        }
    }

    /// <summary>
    /// Self-attention that takes time in proportion to the tokens: one average of all keys weighs every value,
    /// <c>[N, F, P, T]</c> → <c>[N, F, P, T]</c>.
    /// </summary>
    /// <param name="features">Features, F.</param>
    private sealed class SeparableAttention(int features) : Layer
    {
        private readonly Layer _projection = Project(features, 1 + 2 * features), _output = Project(features, features);

        /// <inheritdoc/>
        public override IReadOnlyList<Child> Children => [("qkv_proj", _projection), ("out_proj", _output)];

        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            var sizes = ops.Sizes(input);
            var parts = ops.Split(ops.Run(_projection, input), 1, 1, features, features);
            var average = AttentionHeads.Average(ops, ops.Permute(parts[0], 0, 2, 3, 1), ops.Permute(parts[1], 0, 2, 3, 1));
            var context = ops.Permute(ops.Reshape(average, sizes[0], sizes[2], features, 1), 0, 2, 1, 3);
            var values = ops.Activate(ActivationFunction.Relu, parts[2]);
            return ops.Run(_output, ops.Multiply(values, context));
        }
    }
}
