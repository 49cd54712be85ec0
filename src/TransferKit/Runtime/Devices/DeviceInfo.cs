using System.Globalization;
using TorchSharp;

namespace TransferKit;

/// <summary>A device that can be computed on.</summary>
/// <param name="Device">How it is asked for.</param>
/// <param name="Name">What it is, for people.</param>
/// <param name="MemoryBytes">Its memory in bytes; for the CPU and Apple's GPU what this process may use. 0 if unknown.</param>
public sealed record DeviceInfo(ComputeDevice Device, string Name, long MemoryBytes)
{
    private const double BytesPerGiB = 1 << 30;

    /// <summary>Such as <c>cuda:0, NVIDIA H100 80GB HBM3, 79.1 GiB</c>.</summary>
    public override string ToString()
    {
        var memory = MemoryBytes > 0 ? string.Create(CultureInfo.InvariantCulture, $", {MemoryBytes / BytesPerGiB:0.0} GiB") : "";
        return $"{Device}, {Name}{memory}";
    }

    /// <summary>The CPU, and what else libtorch can use. Needs libtorch to be loaded.</summary>
    internal static IReadOnlyList<DeviceInfo> FindAll()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var devices = new List<DeviceInfo> { new(ComputeDevice.Cpu, "processor", memory) };
        if (CudaDevices.Count is var count and > 0)
        {
            var gpus = NvidiaDriver.FindGpus();
            for (var i = 0; i < count; i++)
            {
                var (name, gpuMemory, _) = i < gpus.Count ? gpus[i] : ("NVIDIA GPU", 0, 0);
                devices.Add(new DeviceInfo(ComputeDevice.Cuda(i), name, gpuMemory));
            }
        }

        if (torch.mps_is_available())
            devices.Add(new DeviceInfo(ComputeDevice.Mps, "Apple GPU", memory));
        return devices;
    }
}
