using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>
/// Lets TorchSharp load on Linux distributions with the libstdc++ of GCC 12 (Debian 12, Ubuntu 22.04), for which its native
/// library is a version too new: a patched copy is loaded before TorchSharp looks for the original, and the system's loader
/// then hands out the loaded one, since both have the same SONAME. Does nothing anywhere else.
/// </summary>
internal static class LibstdcxxWorkaround
{
    private const string SymbolOf13 = "_ZSt21ios_base_library_initv";
    private const string SymbolOf12 = "_ZSt21__glibcxx_assert_failPKciS0_S0_";
    private const string Upgrade =
        "Install libstdc++ 13 or newer (Ubuntu 24.04 and Debian 13 have it; the conda package libstdcxx-ng brings it).";

    private static readonly Lazy<string?> Outcome = new(Run);

    /// <summary>Why TorchSharp can't be loaded here, in one line; null if it can, as far as libstdc++ is concerned.</summary>
    public static string? Problem => Outcome.Value;

    /// <summary>Runs once a process, before any other code of this assembly.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must happen before the program's first use of TorchSharp.")]
    internal static void Apply()
    {
        // Programs that predict in ONNX Runtime have no libtorch, and wait for nothing of it.
        if (LibtorchPackage.IsPresent)
            _ = ExternalLibtorch.Problem ?? Problem;
    }

    private static string? Run()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return null;
        try
        {
            return NativeLibrary.TryLoad("libstdc++.so.6", out var libstdcxx)
                ? Apply(libstdcxx)
                : "The C++ runtime libstdc++.so.6 is missing. " + Upgrade;
        }
        catch (DllNotFoundException) when (!LibtorchPackage.IsPresent)
        {
            return LibtorchPackage.Missing;
        }
        catch (Exception error)
        {
            // An exception that left the module initializer would make every type of this assembly unusable.
            return $"libLibTorchSharp.so could not be made to load beside this system's libstdc++ ({NativeFiles.Reason(error)}). "
                + Upgrade;
        }
    }

    private static string? Apply(nint libstdcxx)
    {
        if (NativeLibrary.TryGetExport(libstdcxx, SymbolOf13, out _))
            return null;
        if (!NativeLibrary.TryGetExport(libstdcxx, SymbolOf12, out _))
            return "This system's libstdc++ is older than GLIBCXX_3.4.30 (GCC 12), which libtorch needs. " + Upgrade;
        if (NativeFiles.Find("LibTorchSharp") is not { } original)
            return $"libLibTorchSharp.so of the package TorchSharp is in none of {string.Join(", ", NativeFiles.Folders)}.";
        string? patched;
        try
        {
            patched = PatchedLibrary.Prepare(original, PatchedLibrary.DefaultFolder);
        }
        catch (InvalidDataException error)
        {
            return $"{original} needs a newer libstdc++ than this system has, and is not of the shape that TransferKit "
                + $"can adapt: {error.Message}. {Upgrade}";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No home, or a read-only one, as in many containers: a private folder lives as long as the loading takes.
            var folder = Directory.CreateTempSubdirectory("transferkit-").FullName;
            try
            {
                Load(PatchedLibrary.Prepare(original, folder)!);
                return null;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        if (patched is not null)
            Load(patched);
        return null;
    }

    private static void Load(string patched)
    {
        // The copy lies apart from the libraries that it needs; loaded first, they are found by name.
        if (NativeFiles.Find("torch") is { } libtorch)
            NativeLibrary.Load(libtorch);
        NativeLibrary.Load(patched);
    }
}
