namespace TransferKit;

/// <summary>libtorch is missing or does not load on this system. The message says why and what to do.</summary>
public sealed class TorchRuntimeException : TransferKitException
{
    internal TorchRuntimeException(string message)
        : base(message)
    {
    }
}
