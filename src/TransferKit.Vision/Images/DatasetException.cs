namespace TransferKit.Vision;

/// <summary>A folder or list of pictures can't be used as a dataset.</summary>
public sealed class DatasetException : TransferKitException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The folder or file that is at fault.</param>
    /// <param name="message">What is wrong and what to do about it.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public DatasetException(string path, string message, Exception? innerException = null)
        : base(message, innerException) => Path = path;

    /// <summary>The folder or file that is at fault.</summary>
    public string Path { get; }
}
