namespace TransferKit;

/// <summary>
/// Sets each value to zero with a given probability while training and scales the rest to keep the mean
/// (Srivastava et al., 2014); hands the input on in evaluation.
/// </summary>
internal sealed class Dropout : Layer
{
    private readonly double _probability;

    /// <summary>Creates a dropout.</summary>
    /// <param name="probability">How likely a value is dropped, in <c>[0, 1)</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability lies outside.</exception>
    public Dropout(double probability)
    {
        if (probability is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A dropout probability lies in [0, 1).");
        _probability = probability;
    }

    internal override bool IsRandom => _probability > 0;

    internal override bool IsIdle => true;

    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.Drop(input, _probability, wholeSamples: false, Training);
}
