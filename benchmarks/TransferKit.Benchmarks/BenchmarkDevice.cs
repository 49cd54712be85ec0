using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>Where benchmarks compute: <c>bench --device cuda</c>.</summary>
internal static class BenchmarkDevice
{
    public static ComputeDevice Device { get; set; } = ComputeDevice.Cpu;

    /// <summary>float32, and what the device multiplies fastest.</summary>
    public static IEnumerable<Precision> Precisions =>
        Precision.Auto.Resolve(Device.Resolve(), needsPrecision: false) == torch.ScalarType.Float32
            ? [Precision.Float32] : [Precision.Float32, Precision.Auto];

    /// <summary>Waits until a result is there, and frees it.</summary>
    public static void Wait(torch.Tensor result)
    {
        if (result.device_type == DeviceType.CUDA)
            torch.cuda.synchronize();
        result.Dispose();
    }
}
