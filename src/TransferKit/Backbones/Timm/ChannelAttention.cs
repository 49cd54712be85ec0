using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>What weighs or shifts the channels of a feature map, as timm names the weights.</summary>
internal static class ChannelAttention
{
    /// <summary>Squeeze-and-excitation (Hu et al., 2018), timm's <c>SEModule</c>.</summary>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="squeezed">Channels between the two convolutions.</param>
    /// <param name="initializer">How the kernels start; null: PyTorch's default.</param>
    /// <param name="biasInitializer">How the biases start; null: PyTorch's default.</param>
    /// <param name="activation">What stands between the two; null: ReLU.</param>
    public static Layer SqueezeExcite(int channels, int squeezed,
        Initializer? initializer = null, Initializer? biasInitializer = null, Layer? activation = null) => Gate(
            GlobalAveragePool,
            ("fc1", Conv(channels, squeezed, new Kernel2d(1), 1, true, initializer, biasInitializer)), activation ?? Relu,
            ("fc2", Conv(squeezed, channels, new Kernel2d(1), 1, true, initializer, biasInitializer)), Sigmoid);

    /// <summary>Efficient channel attention (Wang et al., 2020), timm's <c>EcaModule</c>.</summary>
    /// <param name="channels">Channels of the map.</param>
    public static Layer Efficient(int channels)
    {
        var nearest = (int)((Math.Log2(channels) + 1) / 2);
        return Gate(GlobalAveragePool, ("conv", new ChannelConvolution(Math.Max(3, nearest | 1))), Sigmoid);
    }

    /// <summary>Global context (Cao et al., 2019), timm's <c>GlobalContext</c> that is added to the map.</summary>
    /// <param name="channels">Channels of the map.</param>
    public static Layer GlobalContext(int channels)
    {
        var squeezed = channels / 8;
        return new ContextShift(
            ("conv_attn", Project(channels, 1, Initialize.KaimingNormal)),
            ("mlp_add", Chain(
                ("fc1", Project(channels, squeezed, Initialize.KaimingNormalFanOut)), ("norm", LayerNorm2d(squeezed, 1e-6)), Relu,
                ("fc2", Project(squeezed, channels, Initialize.Zeros)))));

        static Layer Project(int from, int to, Initializer start) =>
            Conv(from, to, new Kernel2d(1), bias: true, initializer: start, biasInitializer: Initialize.Zeros);
    }

    /// <summary>
    /// Adds to every pixel of a map what layers make of its pixels' average by a softmax over all of them,
    /// <c>[N, C, H, W]</c> → <c>[N, C, H, W]</c>.
    /// </summary>
    /// <param name="scores">Scores the pixels, <c>[N, C, H, W]</c> → <c>[N, 1, H, W]</c>.</param>
    /// <param name="then">What the average goes through, <c>[N, C, 1, 1]</c> → <c>[N, C, 1, 1]</c>.</param>
    private sealed class ContextShift(Child scores, Child then) : Layer
    {
        /// <inheritdoc/>
        public override IReadOnlyList<Child> Children { get; } = [scores, then];

        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            var sizes = ops.Sizes(input);
            var (channels, pixels) = (sizes[1], sizes[2] * sizes[3]);
            var values = ops.Permute(ops.Reshape(input, sizes[0], 1, channels, pixels), 0, 1, 3, 2);
            var keys = ops.Reshape(ops.Run(Children[0].Layer, input), sizes[0], 1, pixels, 1);
            var context = ops.Reshape(AttentionHeads.Average(ops, keys, values), sizes[0], channels, 1, 1);
            return ops.AddInPlace(input, ops.Run(Children[1].Layer, context));
        }
    }
}
