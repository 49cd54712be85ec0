using TorchSharp;

namespace TransferKit;

/// <summary>
/// The weights of a layer in 8 bits, symmetric around zero and with a scale for each of its outputs (Krishnamoorthi, 2018).
/// </summary>
/// <param name="Kernel">A kernel <c>[Out, In, height, width]</c>, or a matrix <c>[Out, In]</c>.</param>
/// <param name="Bias"><c>[Out]</c>, or null.</param>
internal sealed record QuantizedWeights(Weight Kernel, Weight? Bias)
{
    /// <summary>−128 stays unused, so that zero lies in the middle.</summary>
    private const int Largest = 127;

    /// <summary>A bias is stored in 32 bits; twice as much would overflow when products are added.</summary>
    private const double LargestBias = 1 << 30;

    /// <summary>What a step stands for in each output, <c>[Out]</c>; the caller's dispose scope owns it.</summary>
    /// <param name="inputScale">What a step of the input stands for; 0: not known yet.</param>
    public torch.Tensor Scales(double inputScale = 0)
    {
        using var scope = torch.NewDisposeScope();
        var scales = Kernel.Value.detach().abs().flatten(1).amax([1]).Divide(Largest);
        // A bias is stored in steps of both: beside a kernel near zero they are too small for it.
        if (Bias is not null && inputScale > 0)
            scales = torch.maximum(scales, Bias.Value.detach().abs().Divide(inputScale * LargestBias));
        return torch.where(scales.IsZero(), torch.ones_like(scales), scales).MoveToOuterDisposeScope();
    }

    /// <summary>The kernel in such steps: whole numbers in float32.</summary>
    public torch.Tensor Steps(torch.Tensor scales)
    {
        using var scope = torch.NewDisposeScope();
        var steps = Kernel.Value.detach() / Spread(scales);
        return steps.round_().ClampInPlace(-Largest, Largest).MoveToOuterDisposeScope();
    }

    /// <summary>The kernel rounded to 8 bits and back.</summary>
    public torch.Tensor Rounded()
    {
        using var scope = torch.NewDisposeScope();
        var scales = Scales();
        return (Steps(scales) * Spread(scales)).MoveToOuterDisposeScope();
    }

    private torch.Tensor Spread(torch.Tensor scales) =>
        scales.reshape([-1, .. Enumerable.Repeat(1L, Kernel.Shape.Count - 1)]);
}
