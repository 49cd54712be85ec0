using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>The native half of TorchSharp: loading it, and finding out why it does not load.</summary>
public static class TorchRuntime
{
    /// <summary>
    /// Makes sure that libtorch is loaded. TransferKit does it by itself; a program that uses TorchSharp before TransferKit
    /// calls this first, since on some Linux distributions TorchSharp does not load without it. Cheap when repeated.
    /// </summary>
    /// <exception cref="TorchRuntimeException">libtorch is missing or does not load on this system.</exception>
    public static void EnsureLoaded()
    {
        if (Problem() is { } problem)
            throw new TorchRuntimeException(problem);
    }

    /// <summary>Why libtorch can't be used, in one line, or null. Asked before TorchSharp is, whose own answer is misleading.</summary>
    internal static string? Problem()
    {
        if (LibstdcxxCure.Problem is { } problem)
            return problem;
        try
        {
            NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return LibtorchPackage.IsPresent
                ? $"libtorch is here but does not load: {e.Message.ReplaceLineEndings(" ")}"
                : $"libtorch is missing. {LibtorchPackage.HowToGet}";
        }
    }
}
