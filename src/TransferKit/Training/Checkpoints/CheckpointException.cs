namespace TransferKit;

/// <summary>A checkpoint can't be written, or the ones that are there can't be gone on from.</summary>
public sealed class CheckpointException : TransferKitException
{
    internal CheckpointException(string path, string reason, Exception? innerException = null)
        : base($"{path}: {reason}", innerException) => (Path, Reason) = (path, reason);

    /// <summary>The file, or the folder.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it, and what to do.</summary>
    public string Reason { get; }

    /// <summary>Whether the file itself is at fault, so that an older one may help.</summary>
    internal bool IsDamage { get; init; }
}
