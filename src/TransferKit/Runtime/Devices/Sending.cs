using TorchSharp;

namespace TransferKit;

/// <summary>The way of tensors to a GPU.</summary>
internal static class Sending
{
    /// <summary>
    /// A tensor on a device, for those who don't wait for a GPU: from page-locked memory, into which it is copied unless it lies
    /// there already, a GPU fetches it when it comes to it. The caller's dispose scope owns it.
    /// </summary>
    public static torch.Tensor SendTo(this torch.Tensor tensor, torch.Device device)
    {
        if (device.type != DeviceType.CUDA || tensor.device_type != DeviceType.CPU)
            return tensor.to(device);
        using var locked = tensor.pin_memory();
        return locked.to(device, non_blocking: true);
    }
}
