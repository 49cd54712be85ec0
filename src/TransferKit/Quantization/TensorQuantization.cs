using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>Quantized layers on tensors: what is calibrated, and what is measured, before there is a graph.</summary>
internal abstract class TensorQuantization() : QuantizedOperations<Tensor>(new TensorOperations())
{
    /// <summary>What the input is multiplied with in place of a kernel.</summary>
    protected abstract Tensor KernelOf(QuantizedWeights layer);

    public sealed override Tensor Run(Layer layer, Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = base.Run(layer, input);
        return ReferenceEquals(output, input) ? output : output.MoveToOuterDisposeScope();
    }

    protected sealed override Tensor Convolution(Tensor input, int range, QuantizedWeights layer, Kernel2d window, int groups) =>
        Inner.Convolution(Round(input, range), KernelOf(layer), layer.Bias?.Value, window, groups);

    protected sealed override Tensor Linear(Tensor input, int range, QuantizedWeights layer) =>
        Inner.Linear(Round(input, range), KernelOf(layer), layer.Bias?.Value);
}
