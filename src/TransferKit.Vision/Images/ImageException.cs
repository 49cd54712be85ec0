namespace TransferKit.Vision;

/// <summary>A picture can't be read.</summary>
public sealed class ImageException : TransferKitException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file, or the name of a picture that is not in a file.</param>
    /// <param name="reason">What is wrong with it, as a clause: "the file is truncated".</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public ImageException(string path, string reason, Exception? innerException = null)
        : base($"Cannot read the image '{path}': {reason}.", innerException)
    {
        Path = path;
        Reason = reason;
    }

    /// <summary>The file, or the name of a picture that is not in a file.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it, as a clause: "the file is truncated".</summary>
    public string Reason { get; }
}
