namespace TransferKit;

/// <summary>How a kernel slides over one dimension, in pixels.</summary>
/// <param name="Kernel">The kernel's size.</param>
/// <param name="Stride">The step from one output to the next.</param>
/// <param name="Padding">Zeros in front and behind.</param>
/// <param name="Dilation">The distance between the kernel's values.</param>
public readonly record struct KernelAxis(int Kernel, int Stride, int Padding, int Dilation)
{
    internal long Output(long size, bool ceiling)
    {
        var room = size + 2 * Padding - Dilation * (Kernel - 1) - 1 + (ceiling ? Stride - 1 : 0);
        if (room < 0)
            throw new ArgumentException(
                $"A kernel of {Kernel} px (dilation {Dilation}) doesn't fit into {size} px with {Padding} px of padding: "
                + "use larger images.",
                nameof(size));
        var count = room / Stride + 1;
        // As in PyTorch, the last window must start inside the image or its padding in front.
        return ceiling && (count - 1) * Stride >= size + Padding ? count - 1 : count;
    }

    /// <summary>How far the last of so many windows reaches over the padding's end, in pixels.</summary>
    internal long Overhang(long size, long outputs) =>
        Math.Max(0, (outputs - 1) * Stride + Dilation * (Kernel - 1) + 1 - size - 2 * Padding);
}

/// <summary>How a kernel slides over a feature map: the same in both directions unless they are given apart.</summary>
/// <param name="Height">From top to bottom.</param>
/// <param name="Width">From left to right.</param>
public readonly record struct Kernel2d(KernelAxis Height, KernelAxis Width)
{
    /// <summary>A square window.</summary>
    /// <param name="kernel">The kernel's height and width, in pixels.</param>
    /// <param name="stride">The step from one output to the next.</param>
    /// <param name="padding">Zeros on each side; null keeps the size of the map at stride 1: dilation · (kernel − 1) / 2.</param>
    /// <param name="dilation">The distance between the kernel's values.</param>
    public Kernel2d(int kernel, int stride = 1, int? padding = null, int dilation = 1)
        : this(new KernelAxis(kernel, stride, padding ?? dilation * (kernel - 1) / 2, dilation),
               new KernelAxis(kernel, stride, padding ?? dilation * (kernel - 1) / 2, dilation))
    {
    }

    internal long[] Kernels => [Height.Kernel, Width.Kernel];

    internal long[] Strides => [Height.Stride, Width.Stride];

    internal long[] Paddings => [Height.Padding, Width.Padding];

    /// <summary>Top, left, bottom, right.</summary>
    internal long[] Pads => [.. Paddings, .. Paddings];

    internal long[] Dilations => [Height.Dilation, Width.Dilation];

    internal Shape OutputShape(Shape input, long channels, bool ceiling = false) =>
        new(channels, Height.Output(input[1], ceiling), Width.Output(input[2], ceiling));
}
