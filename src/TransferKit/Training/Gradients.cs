using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>What is done to gradients between the backward pass and the step.</summary>
internal static class Gradients
{
    /// <summary>
    /// The Euclidean norm of all gradients together, as one vector; not a finite number where a gradient has a value that
    /// isn't, so it also tells whether the step can be made.
    /// </summary>
    /// <param name="weights">The weights; those without a gradient don't count.</param>
    public static double Norm(IEnumerable<Tensor> weights)
    {
        using var scope = NewDisposeScope();
        using var total = NormOf(Of(weights));
        return total.item<float>();
    }

    /// <summary>
    /// Scales all gradients alike so that their <see cref="Norm"/> is at most the given one, as PyTorch's
    /// <c>clip_grad_norm_</c> (Pascanu et al., 2013).
    /// </summary>
    /// <param name="weights">The weights.</param>
    /// <param name="maximum">The largest norm, above 0.</param>
    /// <returns>
    /// The norm before, a single number that the caller disposes; where it isn't finite, the gradients are as they were.
    /// </returns>
    public static Tensor ClipNorm(IEnumerable<Tensor> weights, double maximum)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var gradients = Of(weights);
        var norm = NormOf(gradients);
        // Stays on the device: a GPU that is asked for a number has to be waited for.
        var factor = where(norm.isfinite(), norm.Add(1e-6).reciprocal().Multiply(maximum).ClampMax(1), ones_like(norm));
        foreach (var gradient in gradients)
            gradient.mul_(factor);
        return norm.MoveToOuterDisposeScope();
    }

    /// <summary>Limits every value of every gradient, as PyTorch's <c>clip_grad_value_</c>.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="maximum">The largest absolute value, above 0.</param>
    public static void ClipValue(IEnumerable<Tensor> weights, double maximum)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var gradient in Of(weights))
            gradient.ClampInPlace(-maximum, maximum);
    }

    private static List<Tensor> Of(IEnumerable<Tensor> weights) => [.. weights.Select(weight => weight.grad).OfType<Tensor>()];

    /// <summary>One number on the device, so that only one has to be fetched from it.</summary>
    private static Tensor NormOf(List<Tensor> gradients)
    {
        using var noGradient = no_grad();
        return gradients.Count == 0
            ? zeros(1)
            : stack(gradients.Select(gradient => gradient.norm().to(ScalarType.Float32))).norm();
    }
}
