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
            return Encoded(bytes, name).Read(buffer);
        }
        catch (Exception error) when (IsExternalFailure(error))
        {
            throw new ImageException(name, $"reading the stream failed ({error.Message.TrimEnd('.')})", error);
        }
    }

    /// <summary>The picture of which a stream gave the bytes.</summary>
    /// <exception cref="ImageException">There are none.</exception>
    internal static ImageBytes Encoded(MemoryStream bytes, string name) => bytes.Length > 0
        ? new ImageBytes(name, bytes.GetBuffer().AsMemory(0, (int)bytes.Length))
        : throw new ImageException(name, "the stream is empty from its position on; if it was written or read before, set its "
            + "Position to 0 first");

    /// <summary>
    /// Whether streams throw it for what they read: files, archives, compressed data, answers over HTTP, and what can't be read
    /// at all. Anything else is a mistake in the code that opens them.
    /// </summary>
    private static bool IsExternalFailure(Exception exception) => exception
        is IOException or InvalidDataException or UnauthorizedAccessException or HttpRequestException or NotSupportedException;
}
