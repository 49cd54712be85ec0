namespace TransferKit.Vision;

/// <summary>An encoded picture in memory.</summary>
internal sealed unsafe class ImageInMemory(ReadOnlyMemory<byte> encoded, string name) : ImageSource
{
    public override string Name => name;

    // Copied, since the decoder needs an address that stays; that costs little beside decoding.
    internal override ReadOnlySpan<byte> Read(NativeBuffer buffer)
    {
        var bytes = new Span<byte>(buffer.Reserve((nuint)encoded.Length), encoded.Length);
        encoded.Span.CopyTo(bytes);
        return bytes;
    }
}
