using TorchSharp;

namespace TransferKit;

/// <summary>The NVIDIA GPUs that this program can compute on, and why it can't where it can't.</summary>
internal static class CudaDevices
{
    /// <summary>The number of GPUs that libtorch can use; 0 with its CPU build.</summary>
    public static int Count => torch.cuda.is_available() ? torch.cuda.device_count() : 0;

    /// <summary>
    /// Whether a user would expect CUDA to work: the machine has an NVIDIA GPU, or the program brings the CUDA build.
    /// </summary>
    public static bool IsExpected => LibtorchPackage.IsCuda || NvidiaDriver.FindGpus().Count > 0;

    /// <summary>Why CUDA can't be used and what to do about it, in one line; null if it can.</summary>
    public static string? FindProblem()
    {
        if (Count > 0)
            return null;
        if (LibtorchPackage.Cuda is not { } package)
            return "There is no CUDA on this platform.";
        if (!LibtorchPackage.IsCuda)
            return "This program runs on the CPU build of libtorch. For an NVIDIA GPU let it reference the package "
                + $"{package} {LibtorchPackage.Version} instead of {LibtorchPackage.Cpu} "
                + "(TransferKit's own samples and tests: build with -p:TorchRuntime=cuda).";
        if (NvidiaDriver.FindGpus().Count == 0)
            return "libtorch is the CUDA build, but there is no NVIDIA GPU, or no driver for it. Install NVIDIA's driver, 570 or "
                + "newer, and see whether nvidia-smi lists a GPU and the environment variable CUDA_VISIBLE_DEVICES hides none.";
        return "libtorch is the CUDA build and there is an NVIDIA GPU, but they do not work together. "
            + "Update NVIDIA's driver to 570 or newer.";
    }
}
