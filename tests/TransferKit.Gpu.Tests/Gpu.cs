using TorchSharp;

namespace TransferKit.Gpu.Tests;

/// <summary>The device under test: the first NVIDIA GPU; tests that need one are skipped where there is none.</summary>
internal static class Gpu
{
    // So that the tests themselves can be tried without a GPU.
    private static readonly string? Named = Environment.GetEnvironmentVariable("TRANSFERKIT_TEST_DEVICE");

    /// <summary>Where the tests compute. Skips the test that asks if that isn't there.</summary>
    public static ComputeDevice Device
    {
        get
        {
            if (Named is not null)
                return ComputeDevice.Parse(Named);
            Skip.If(CudaDevices.Count == 0, "This machine or this build of libtorch has no CUDA device.");
            return ComputeDevice.Cuda();
        }
    }

    /// <summary>Whether it is a GPU indeed.</summary>
    public static bool IsCuda => Device.Resolve().type == DeviceType.CUDA;

    /// <summary>
    /// Does the same on the device and on the CPU, in float32, and demands the same numbers within a relative tolerance.
    /// </summary>
    public static void RequireTheCpusNumbers(Func<ComputeDevice, IEnumerable<double>> compute, double tolerance = 1e-3)
    {
        var device = Device;
        var tensorFloat32 = TorchRuntime.AllowTensorFloat32;
        TorchRuntime.AllowTensorFloat32 = false;
        try
        {
            var (here, there) = (compute(device).ToArray(), compute(ComputeDevice.Cpu).ToArray());
            there.Should().NotBeEmpty();
            here.Should().HaveSameCount(there);
            for (var i = 0; i < here.Length; i++)
                here[i].Should().BeApproximately(
                    there[i], tolerance * Math.Max(Math.Abs(there[i]), 0.1), $"number {i} is the CPU's");
        }
        finally
        {
            TorchRuntime.AllowTensorFloat32 = tensorFloat32;
        }
    }

    /// <summary>All values of a tensor.</summary>
    public static IEnumerable<double> Values(torch.Tensor tensor)
    {
        using var flat = tensor.detach().to(torch.ScalarType.Float64).cpu().contiguous();
        return flat.data<double>().ToArray();
    }
}
