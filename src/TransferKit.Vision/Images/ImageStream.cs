namespace TransferKit.Vision;

/// <summary>An encoded picture behind a stream.</summary>
internal sealed class ImageStream(Func<Stream> open, string name) : ImageSource
{
    public override string Name => name;

    internal override ReadOnlySpan<byte> Read(NativeBuffer buffer)
    {
        try
        {
            using var stream = open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return new ImageBytes(name, bytes.GetBuffer().AsMemory(0, (int)bytes.Length)).Read(buffer);
        }
        catch (IOException exception)
        {
            throw new ImageException(name, $"reading the stream failed ({exception.Message.TrimEnd('.')})", exception);
        }
    }
}
