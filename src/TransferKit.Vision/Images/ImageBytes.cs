namespace TransferKit.Vision;

/// <summary>An encoded picture in memory.</summary>
internal sealed unsafe class ImageBytes(string name, ReadOnlyMemory<byte> bytes) : ImageSource
{
    public override string Name => name;

    // Copied, as the decoder holds on to the address and the garbage collector may move the original.
    internal override ReadOnlySpan<byte> Read(NativeBuffer buffer)
    {
        var copy = new Span<byte>(buffer.Reserve((nuint)bytes.Length), bytes.Length);
        bytes.Span.CopyTo(copy);
        return copy;
    }
}
