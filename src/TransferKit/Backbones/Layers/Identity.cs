namespace TransferKit;

/// <summary>Hands its input on.</summary>
internal sealed class Identity : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input) => input;
}
