using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>The package with libtorch. The program references it: TransferKit leaves it the choice of CPU or CUDA.</summary>
internal static class LibtorchPackage
{
    /// <summary>The version of libtorch that this TorchSharp was built for.</summary>
    public const string Version = "2.10.0";

    /// <summary>A function that every libtorch exports.</summary>
    public const string VersionFunction = "aoti_torch_abi_version";

    /// <summary>The version of the libtorch that is loaded, such as <c>2.10.0</c>; libtorch must be loaded.</summary>
    public static string LoadedVersion => FindLoadedVersion() ?? Version;

    /// <summary>The name of the package for this platform's CPU, null where there is none.</summary>
    public static string? Cpu => (Platform, RuntimeInformation.ProcessArchitecture) switch
    {
        ("linux", Architecture.X64) => "libtorch-cpu-linux-x64",
        ("win", Architecture.X64) => "libtorch-cpu-win-x64",
        ("osx", Architecture.Arm64) => "libtorch-cpu-osx-arm64",
        _ => null,
    };

    /// <summary>The name of the package for NVIDIA GPUs, null where there is none.</summary>
    public static string? Cuda => (Platform, RuntimeInformation.ProcessArchitecture) switch
    {
        ("linux", Architecture.X64) => "libtorch-cuda-12.8-linux-x64",
        ("win", Architecture.X64) => "libtorch-cuda-12.8-win-x64",
        _ => null,
    };

    /// <summary>Whether libtorch lies among the program's native libraries.</summary>
    public static bool IsPresent => NativeFiles.Find("torch") is not null;

    /// <summary>Whether the CUDA build of it does.</summary>
    public static bool IsCuda => NativeFiles.Find("torch_cuda") is not null;

    /// <summary>That it is missing, and what to do, in one line.</summary>
    public static string Missing => (Cpu, Cuda) switch
    {
        (null, _) => "There is no libtorch for this platform; Linux and Windows on x64 and macOS on Apple silicon have one.",
        (_, null) => $"libtorch is missing. Add the package {Cpu} {Version} to the program.",
        _ => $"libtorch is missing. Add the package {Cpu} {Version}, or {Cuda} for an NVIDIA GPU, to the program.",
    };

    /// <summary>The address of a function that the libtorch of the program exports, which is loaded; 0: it isn't there.</summary>
    /// <param name="name">Its name, mangled where C++ does so.</param>
    public static nint FindFunction(string name) =>
        NativeFiles.Find("torch_cpu") is { } file && NativeLibrary.TryLoad(file, out var library)
        && NativeLibrary.TryGetExport(library, name, out var address) ? address : 0;

    // Major, minor and patch in the highest bytes, one each.
    private static unsafe string? FindLoadedVersion() =>
        FindFunction(VersionFunction) is var function and not 0
        && ((delegate* unmanaged<ulong>)function)() is var version
            ? $"{version >> 56}.{(version >> 48) & 0xFF}.{(version >> 40) & 0xFF}"
            : null;

    private static string Platform => OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
}
