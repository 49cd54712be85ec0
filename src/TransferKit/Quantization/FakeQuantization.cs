using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// Computes in float32 what a graph in 8 bits gives, by rounding all that it rounds ("Quantization and training of neural
/// networks for efficient integer-arithmetic-only inference", Jacob et al., 2018).
/// </summary>
/// <param name="quantization">What is rounded, and how.</param>
/// <param name="kernels">The kernels that have been rounded so far.</param>
internal sealed class FakeQuantization(Quantization quantization, Dictionary<Weight, Tensor> kernels) : TensorQuantization
{
    protected override bool IsQuantized(Weight kernel) => quantization.Kernels.Contains(kernel);

    protected override Tensor Round(Tensor value, int range) => quantization.Ranges[range].Round(value);

    protected override Tensor KernelOf(QuantizedWeights layer)
    {
        if (!kernels.TryGetValue(layer.Kernel, out var rounded))
            kernels[layer.Kernel] = rounded = layer.Rounded().DetachFromDisposeScope();
        return rounded;
    }
}
