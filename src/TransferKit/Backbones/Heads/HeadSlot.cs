namespace TransferKit;

/// <summary>The place for the last layer of a network, which a <see cref="Head"/> fills.</summary>
public sealed class HeadSlot
{
    private readonly Head _head;
    private readonly List<Layer> _filled = [];

    internal HeadSlot(Head head) => _head = head;

    /// <summary>
    /// Whether the head is a single linear layer, so that an architecture can keep the form torchvision gives it.
    /// </summary>
    public bool IsLinear => _head is LinearHead;

    /// <summary>
    /// The layers that fill the place, once the architecture has asked for them: one, or several whose outputs it averages.
    /// </summary>
    internal IReadOnlyList<Layer> Filled => _filled;

    /// <summary>A head on a vector of features, <c>[N, features]</c> → <c>[N, classes]</c>.</summary>
    /// <param name="features">The length of the vector.</param>
    /// <param name="linear">
    /// The network's own last layer, from inputs and classes, where it isn't PyTorch's default linear layer.
    /// </param>
    public Layer Vector(int features, Func<int, int, Layer>? linear = null) =>
        Fill(IsLinear && linear is not null ? linear(features, _head.Classes) : _head.Build(features));

    /// <summary>A linear head on every pixel of a feature map, <c>[N, channels, H, W]</c> → <c>[N, classes, H, W]</c>.</summary>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="initializer">How the 1 × 1 kernel starts.</param>
    public Layer Map(int channels, Initializer initializer) => Fill(
        new Conv(channels, _head.Classes, new Kernel2d(1), bias: true, initializer: initializer,
            biasInitializer: Initialize.Zeros));

    private Layer Fill(Layer layer)
    {
        _filled.Add(layer);
        return layer;
    }
}
