using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>The parts that timm's convolutional networks share, under timm's names.</summary>
internal static class ConvParts
{
    /// <summary>A convolution without biases, and a batch norm.</summary>
    /// <param name="from">Input channels.</param>
    /// <param name="to">Output channels.</param>
    /// <param name="kernel">Height and width of the kernel in pixels.</param>
    /// <param name="stride">The step from one pixel of the output to the next.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="start">How the kernel starts; null: PyTorch's default.</param>
    /// <param name="scale">How the norm's scale starts; null: ones.</param>
    public static Layer ConvNorm(int from, int to, int kernel, int stride = 1, int groups = 1,
        Initializer? start = null, Initializer? scale = null) => Chain(
            ("conv", Conv(from, to, new Kernel2d(kernel, stride), groups, initializer: start)),
            ("bn", BatchNorm(to, scale: scale)));

    /// <summary>
    /// What MobileOne trains in the place of a convolution (Vasu et al., 2023): some of its size, one of a pixel, and where the
    /// shape stays a norm alone.
    /// </summary>
    /// <param name="from">Input channels.</param>
    /// <param name="to">Output channels.</param>
    /// <param name="window">Kernel and stride.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="convNorm">Makes a convolution with a norm, of a height and width of the kernel in pixels.</param>
    /// <param name="count">How many of the convolution's size.</param>
    /// <param name="hasScale">Whether there is one of a pixel, where that isn't its size.</param>
    public static BranchedConv MobileOne(int from, int to, Kernel2d window, int groups, Func<int, Layer> convNorm,
        int count = 1, bool hasScale = true)
    {
        var (kernel, stride) = (window.Height.Kernel, window.Height.Stride);
        List<Child> branches = [.. Enumerable.Range(0, count).Select(i => (Child)($"conv_kxk.{i}", convNorm(kernel)))];
        if (kernel > 1 && hasScale)
            branches.Add(("conv_scale", convNorm(1)));
        if (from == to && stride == 1)
            branches.Add(("identity", BatchNorm(to)));
        return new BranchedConv(from, to, window, groups, branches);
    }
}
