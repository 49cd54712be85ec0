using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>The package with libtorch, which the program references: TransferKit leaves the choice of CPU or CUDA to it.</summary>
internal static class LibtorchPackage
{
    /// <summary>The version of libtorch that this TorchSharp was built for.</summary>
    public const string Version = "2.10.0";

    /// <summary>The name of the package for this platform's CPU.</summary>
    public static string Cpu =>
        OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64"
        : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64"
        : "libtorch-cpu-linux-x64";

    /// <summary>The name of the package for NVIDIA GPUs, null where there is none.</summary>
    public static string? Cuda =>
        RuntimeInformation.ProcessArchitecture != Architecture.X64 ? null
        : OperatingSystem.IsWindows() ? "libtorch-cuda-12.8-win-x64"
        : OperatingSystem.IsLinux() ? "libtorch-cuda-12.8-linux-x64"
        : null;

    /// <summary>Whether libtorch lies among the program's native libraries.</summary>
    public static bool IsPresent => NativeFiles.Find(
        OperatingSystem.IsWindows() ? "torch.dll" : OperatingSystem.IsMacOS() ? "libtorch.dylib" : "libtorch.so") is not null;

    /// <summary>What to do where it is missing, as a sentence.</summary>
    public static string HowToGet =>
        $"Add the package {Cpu} {Version}{(Cuda is null ? "" : $", or {Cuda} for an NVIDIA GPU,")} to the program.";
}
