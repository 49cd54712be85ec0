namespace TransferKit;

/// <summary>Puts zeros around a feature map, where a pooling behind it shall see them.</summary>
/// <param name="pixels">How many on each side.</param>
internal sealed class ZeroPadding(int pixels) : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.Pad(input, [0, 0, pixels, pixels], [0, 0, pixels, pixels]);
}
