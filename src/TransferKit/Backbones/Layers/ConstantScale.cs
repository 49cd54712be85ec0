namespace TransferKit;

/// <summary>Multiplies by a number that isn't learned. It has no weights.</summary>
/// <param name="factor">The number.</param>
internal sealed class ConstantScale(double factor) : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input) => ops.Scale(input, factor);
}
