using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>DenseNet (Huang et al., 2017), also with a deep stem and with blurred pooling in it.</summary>
internal static class DenseNet
{
    public static Blueprint Build(DenseNetConfig config)
    {
        var (growth, channels) = (config.GrowthRate, 2 * config.GrowthRate);
        IReadOnlyList<Child> stem = config.StemType is null
            ? TransferKit.DenseNet.Stem(channels)
            : [.. Unit(0, 3, growth, stride: 2), .. Unit(1, growth, growth), .. Unit(2, growth, channels)];
        Child pool = config.AaLayer is null
            ? MaxPool(3, 2, padding: 1) : Chain(MaxPool(3, 1, padding: 1), new BlurPool());
        return TransferKit.DenseNet.Build([.. stem, pool], channels, growth, config.BlockConfig);
    }

    private static IReadOnlyList<Child> Unit(int number, int from, int to, int stride = 1) =>
        [($"conv{number}", TransferKit.DenseNet.Conv(from, to, 3, stride)), ($"norm{number}", BatchNorm(to)), Relu];
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>DenseNet</c>.</summary>
internal sealed record DenseNetConfig
{
    /// <summary>Channels that a layer adds.</summary>
    public int GrowthRate { get; set; } = 32;

    /// <summary>Layers of each block.</summary>
    public int[] BlockConfig { get; set; } = [6, 12, 24, 16];

    /// <summary>The convolutions in front; null: one.</summary>
    public DenseNetStem? StemType { get; set; }

    /// <summary>What blurs the map in front of them; null: nothing.</summary>
    public DenseNetBlur? AaLayer { get; set; }
}

internal enum DenseNetStem
{
    /// <summary>Three of them.</summary>
    Deep,
}

internal enum DenseNetBlur
{
    BlurPool2d,
}
