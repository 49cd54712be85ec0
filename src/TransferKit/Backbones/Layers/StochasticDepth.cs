using TorchSharp;

namespace TransferKit;

/// <summary>
/// Drops the whole main path of a residual block for a random part of the samples while training, and scales it for the rest
/// to keep the mean (Huang et al., 2016; torchvision's "row" mode). Hands the input on in evaluation.
/// </summary>
public sealed class StochasticDepth : Layer
{
    private readonly double _probability;

    /// <summary>Creates a stochastic depth, to stand at the end of a residual block's main path.</summary>
    /// <param name="probability">How likely a sample's path is dropped, in <c>[0, 1)</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability lies outside.</exception>
    public StochasticDepth(double probability)
    {
        if (probability is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A drop probability lies in [0, 1).");
        _probability = probability;
    }

    internal override bool IsRandom => _probability > 0;

    internal override bool MayAlias => true;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        if (!Training || !IsRandom)
            return input;
        var shape = new long[input.dim()];
        Array.Fill(shape, 1);
        shape[0] = input.shape[0];
        using var mask = RandomSource.Mask(shape, 1 - _probability, input);
        return input * mask;
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input;

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) => input;
}
