namespace TransferKit.Vision;

/// <summary>A picture can't be read.</summary>
public sealed class ImageException : TransferKitException
{
    internal ImageException(string path, string reason, Exception? innerException = null)
        : base($"Cannot read the image '{path}': {reason}.", innerException) => (Path, Reason) = (path, reason);

    /// <summary>The file, or the name of a picture that is not in a file.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it, as a clause: "the file is truncated".</summary>
    public string Reason { get; }
}
