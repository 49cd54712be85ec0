using System.Runtime.InteropServices;
using System.Text;

namespace TransferKit;

/// <summary>
/// Asks NVIDIA's driver itself (the CUDA driver API, part of every driver installation) for the GPUs, since TorchSharp can
/// tell neither their names nor, with the CPU build of libtorch, that there are any.
/// </summary>
internal static unsafe class NvidiaDriver
{
    private const int Success = 0, MajorCapability = 75;

    /// <summary>
    /// Name, memory in bytes and major compute capability (8 since Ampere) of each GPU that CUDA may use, in CUDA's order; empty
    /// if there is none.
    /// </summary>
    public static IReadOnlyList<(string Name, long MemoryBytes, int Capability)> FindGpus()
    {
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver)
            || !NativeLibrary.TryGetExport(driver, "cuInit", out var initialize)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceGetCount", out var countDevices)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceGet", out var getDevice)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceGetName", out var getName)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceTotalMem_v2", out var getMemory)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceGetAttribute", out var getAttribute))
            return [];

        int count;
        if (((delegate* unmanaged<uint, int>)initialize)(0) != Success
            || ((delegate* unmanaged<int*, int>)countDevices)(&count) != Success)
            return [];

        var gpus = new List<(string, long, int)>();
        var name = stackalloc byte[256];
        for (var ordinal = 0; ordinal < count; ordinal++)
        {
            int device = 0, capability = 0;
            nuint memory = 0;
            var isKnown = ((delegate* unmanaged<int*, int, int>)getDevice)(&device, ordinal) == Success
                && ((delegate* unmanaged<byte*, int, int, int>)getName)(name, 256, device) == Success
                && ((delegate* unmanaged<nuint*, int, int>)getMemory)(&memory, device) == Success
                && ((delegate* unmanaged<int*, int, int, int>)getAttribute)(&capability, MajorCapability, device) == Success;
            gpus.Add(isKnown
                ? (Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)), (long)memory, capability)
                : ("NVIDIA GPU", 0, 0));
        }

        return gpus;
    }
}
