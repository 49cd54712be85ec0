namespace TransferKit;

/// <summary>A device was asked for that this machine or this program does not have.</summary>
public sealed class DeviceException : TransferKitException
{
    internal DeviceException(ComputeDevice device, string message)
        : base(message) => Device = device;

    /// <summary>The device that was asked for.</summary>
    public ComputeDevice Device { get; }
}
