using TorchSharp;

namespace TransferKit;

/// <summary>
/// A linear map with weights of its own for each output, and mostly a bias: a convolution or a matrix. For inference it takes
/// over a batch norm and an activation behind it.
/// </summary>
internal abstract class FusableLayer : Layer
{
    /// <summary>What inputs are multiplied with, <c>[Out, …]</c>.</summary>
    private protected abstract Weight Factors { get; }

    /// <summary><c>[Out]</c>, or null.</summary>
    internal Weight? Bias { get; private protected set; }

    /// <summary>The function that it ends with; null: none.</summary>
    private protected ActivationFunction? Function { get; private set; }

    internal override bool HoldsReduced => !KeepsFloat32;

    internal override bool TryFuse(Layer next)
    {
        if (next is not BatchNorm norm || Function is not null)
            return false;
        using var scope = torch.NewDisposeScope();
        var (scale, shift) = norm.Fold();
        ScaleOutputs(scale, shift);
        return true;
    }

    internal override bool TryFuseActivation(Activation next)
    {
        if (Function is not null)
            return false;
        Function = next.Fuse();
        return true;
    }

    /// <summary>Multiplies each output by a number, and adds another.</summary>
    /// <param name="scale"><c>[Out]</c> in float64.</param>
    /// <param name="shift"><c>[Out]</c> in float64; null: nothing is added.</param>
    private protected void ScaleOutputs(torch.Tensor scale, torch.Tensor? shift)
    {
        var rows = scale.view([-1, .. Enumerable.Repeat(1L, Factors.Shape.Count - 1)]);
        Factors.Take((Factors.Value.@double() * rows).to_type(Factors.Type));
        if (Bias is not null)
        {
            var scaled = Bias.Value.@double() * scale;
            shift = shift?.Add(scaled) ?? scaled;
        }
        if (shift is null)
            return;
        Bias ??= AddParameter("bias", [Factors.Shape[0]], Initialize.Zeros);
        Bias.Take(shift.to_type(Bias.Type));
    }
}
