namespace TransferKit;

/// <summary>MPI isn't there, or can't be used as the program was started.</summary>
public sealed class MpiException : TransferKitException
{
    internal MpiException(string message)
        : base(message)
    {
    }
}
