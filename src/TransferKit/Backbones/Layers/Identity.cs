namespace TransferKit;

/// <summary>Hands its input on.</summary>
internal sealed class Identity : Layer
{
    internal override bool IsIdle => true;

    protected internal override T Compute<T>(Operations<T> ops, T input) => input;
}
