using TransferKit;

/// <summary>
/// A kind of layer that TransferKit hasn't: weighs each channel of <c>[N, C, H, W]</c> by a gate in 0..1, which a small
/// convolution makes of its average and its neighbors' (Wang et al., 2020). What it computes is said once; freezing, the
/// summary, compiling, saving and the export to ONNX read it from here.
/// </summary>
internal sealed class EfficientChannelAttention : Layer
{
    private const int Neighbors = 3;

    private readonly Weight _kernel;

    public EfficientChannelAttention() => _kernel = AddParameter("weight", [1, 1, Neighbors, 1], Initialize.Default);

    protected override T Compute<T>(Operations<T> ops, T input)
    {
        var channels = ops.Size(input, 1);
        // Channels take the place of an image's height, so that the kernel slides along them.
        var averages = ops.Reshape(ops.GlobalPool(input, PoolKind.Average), Operations<T>.Unknown, 1, channels, 1);
        var along = new Kernel2d(new KernelAxis(Neighbors, Stride: 1, Padding: 1, Dilation: 1), new KernelAxis(1, 1, 0, 1));
        var mixed = ops.Convolution(averages, ops.Weight(_kernel, input), bias: null, along);
        var gate = ops.Activate(ActivationFunction.Sigmoid, ops.Reshape(mixed, Operations<T>.Unknown, channels, 1, 1));
        return ops.Multiply(input, gate);
    }
}
