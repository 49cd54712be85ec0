namespace TransferKit.Vision;

/// <summary>A folder or list of pictures can't be used as a dataset.</summary>
public sealed class DatasetException : TransferKitException
{
    internal DatasetException(string path, string message, Exception? innerException = null)
        : base(message, innerException) => Path = path;

    /// <summary>The folder or file that is at fault.</summary>
    public string Path { get; }
}
