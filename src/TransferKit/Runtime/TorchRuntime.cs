using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>The native half of TorchSharp: loading it, and finding out what this machine offers and lacks.</summary>
public static class TorchRuntime
{
    private static readonly Lazy<string?> LoadProblem = new(FindLoadProblem);

    // What Threads was set to, 0 if never, and what of that this thread knows.
    private static volatile int _threads;

    [ThreadStatic]
    private static int _threadsHere;

    /// <summary>
    /// Makes sure that libtorch is loaded. TransferKit does it by itself; a program that uses TorchSharp before TransferKit
    /// calls this first, since on some Linux distributions TorchSharp does not load without it. Cheap when repeated.
    /// </summary>
    /// <exception cref="TorchRuntimeException">libtorch is missing or does not load on this system.</exception>
    public static void EnsureLoaded()
    {
        if (LoadProblem.Value is { } problem)
            throw new TorchRuntimeException(problem);
    }

    /// <summary>
    /// Threads that libtorch divides an operation among, at least 1. Default: as many as there are cores; images are prepared by
    /// threads of their own, see <see cref="TrainingOptions.Workers"/>. Holds for all of the program, from the next run of a
    /// network on.
    /// </summary>
    public static int Threads
    {
        get
        {
            EnsureLoaded();
            UseThreads();
            return torch.get_num_threads();
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            EnsureLoaded();
            _threads = value;
            _threadsHere = 0;
            UseThreads();
        }
    }

    /// <summary>
    /// Tells libtorch of <see cref="Threads"/> where this thread hasn't yet: OpenMP keeps the number for each thread apart, and a
    /// thread that has computed once never looks at the common one again.
    /// </summary>
    internal static void UseThreads()
    {
        var threads = _threads;
        if (threads == _threadsHere)
            return;
        torch.set_num_threads(threads);
        _threadsHere = threads;
    }

    /// <summary>
    /// Whether GPUs since Ampere may multiply float32 numbers with 10 bits of precision, several times as fast. Default: in
    /// convolutions and not in matrices, as PyTorch; setting it concerns both.
    /// </summary>
    public static bool AllowTensorFloat32
    {
        get
        {
            EnsureLoaded();
            return torch.backends.cuda.matmul.allow_tf32 && torch.backends.cudnn.allow_tf32;
        }

        set
        {
            EnsureLoaded();
            torch.backends.cuda.matmul.allow_tf32 = value;
            torch.backends.cudnn.allow_tf32 = value;
        }
    }

    /// <summary>Looks at versions, processor and devices, and at what is missing. Never throws.</summary>
    public static RuntimeDiagnosis Diagnose() => RuntimeDiagnosis.Make(LoadProblem.Value);

    private static string? FindLoadProblem()
    {
        var problem = Load();
        if (problem is null)
        {
            MatrixProducts.MakeRepeatable();
            Nnpack.SwitchOff();
            OneDnnCaches.Tell();
        }
        return problem;
    }

    // Asked before TorchSharp is, whose own answer would be misleading, and printed to the console.
    private static string? Load()
    {
        if ((ExternalLibtorch.Problem ?? LibstdcxxWorkaround.Problem) is { } problem)
            return problem;
        if (NativeLibrary.TryLoad("LibTorchSharp", typeof(torch).Assembly, null, out _))
            return null;
        if (!LibtorchPackage.IsPresent)
            return LibtorchPackage.Missing;
        if (NativeFiles.Find("LibTorchSharp") is not { } library)
            return $"The native library of the package TorchSharp is in none of {string.Join(", ", NativeFiles.Folders)}.";
        try
        {
            NativeLibrary.Load(library);
            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            return $"libtorch is here but does not load: {NativeFiles.Reason(error)}";
        }
    }
}
