namespace TransferKit;

/// <summary>Training needs more memory than the device has; the message says what to lower, and by how much.</summary>
public sealed class TrainingMemoryException : TransferKitException
{
    internal TrainingMemoryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
