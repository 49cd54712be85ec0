namespace TransferKit;

/// <summary>A saved model can't be read or written.</summary>
public sealed class ModelFileException : TransferKitException
{
    internal ModelFileException(string path, string reason, Exception? innerException = null)
        : base($"{path}: {reason}", innerException) => (Path, Reason) = (path, reason);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it, and what to do.</summary>
    public string Reason { get; }
}
