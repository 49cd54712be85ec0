namespace TransferKit;

/// <summary>
/// Trouble with the world outside the program: a file, a download, a picture, a training run that diverged.
/// The message says what happened, where, and what to do next.
/// Misuse of the API throws the standard <see cref="ArgumentException"/> and <see cref="InvalidOperationException"/> instead.
/// </summary>
public abstract class TransferKitException : Exception
{
    /// <summary>Creates the exception with a message for people.</summary>
    protected TransferKitException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
