namespace TransferKit;

/// <summary>
/// Drops the whole main path of a residual block for a random part of the samples while training, and scales it for the rest
/// to keep the mean (Huang et al., 2016; torchvision's "row" mode). Hands the input on in evaluation.
/// </summary>
internal sealed class StochasticDepth : Layer
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

    internal override bool IsIdle => true;

    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.Drop(input, _probability, wholeSamples: true, Training);
}
