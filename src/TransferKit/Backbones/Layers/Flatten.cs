namespace TransferKit;

/// <summary>Puts all values of a sample into one dimension, <c>[N, …]</c> → <c>[N, F]</c>.</summary>
internal sealed class Flatten : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.Reshape(input, ops.Size(input, 0), ops.Sample(input).Count);
}
