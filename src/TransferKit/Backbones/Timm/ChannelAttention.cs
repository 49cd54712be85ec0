using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>Gates that weigh the channels of a feature map, as timm names their weights.</summary>
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
}
