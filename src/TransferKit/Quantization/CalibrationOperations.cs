using static TorchSharp.torch;

namespace TransferKit;

/// <summary>Computes in float32, and notes which values would be rounded.</summary>
/// <param name="activations">Where they are noted.</param>
internal sealed class CalibrationOperations(ActivationHistograms activations) : TensorQuantization
{
    private readonly List<Weight> _kernels = [];

    /// <summary>The kernels and matrices of all layers that could compute in 8 bits, in the order in which they run.</summary>
    public IReadOnlyList<Weight> Kernels => _kernels;

    protected override bool IsQuantized(Weight kernel)
    {
        if (!_kernels.Contains(kernel))
            _kernels.Add(kernel);
        return true;
    }

    protected override Tensor Round(Tensor value, int range)
    {
        activations.Add(range, value);
        return value;
    }

    protected override Tensor KernelOf(QuantizedWeights layer) => layer.Kernel.Value;

    // A layer's own range is needed once the one in front is left in float32.
    protected override int RangeOf(Tensor input, int own)
    {
        activations.Add(own, input);
        return base.RangeOf(input, own);
    }
}
