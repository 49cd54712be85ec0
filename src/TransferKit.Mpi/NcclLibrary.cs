using System.Runtime.InteropServices;
using System.Text;

namespace TransferKit;

/// <summary>
/// The functions of NCCL, by which GPUs sum among themselves, and those of CUDA and libtorch that bring the sums into order with
/// what libtorch computes: found where the program runs. Types and constants are those of nccl.h and cuda_runtime_api.h.
/// </summary>
internal sealed unsafe class NcclLibrary
{
    /// <summary>
    /// The environment variable with the path of the library, where it isn't found by itself or another one is wanted;
    /// <c>none</c>: GPUs don't sum among themselves.
    /// </summary>
    public const string PathVariable = "TRANSFERKIT_NCCL";

    public const int Success = 0, InProgress = 7, Float32 = 7, Sum = 0;

    /// <summary>Of a stream that doesn't wait for the default one, and of an event that keeps no time.</summary>
    public const uint NonBlocking = 1, DisableTiming = 2;

    private const string None = "none", Name = "libnccl.so.2";
    private const string InitFunction = "ncclCommInitRank", DataFunction = "aoti_torch_get_data_ptr";

    /// <param name="nccl">The library with NCCL.</param>
    /// <param name="cuda">The one with libtorch's functions, which is linked to the one with CUDA's.</param>
    public NcclLibrary(nint nccl, nint cuda)
    {
        GetVersion = (delegate* unmanaged<int*, int>)At(nccl, "ncclGetVersion");
        GetUniqueId = (delegate* unmanaged<NcclUniqueId*, int>)At(nccl, "ncclGetUniqueId");
        InitRank = (delegate* unmanaged<nint*, int, NcclUniqueId, int, int>)At(nccl, InitFunction);
        AllReduce = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)At(nccl, "ncclAllReduce");
        GetAsyncError = (delegate* unmanaged<nint, int*, int>)At(nccl, "ncclCommGetAsyncError");
        Abort = (delegate* unmanaged<nint, int>)At(nccl, "ncclCommAbort");
        Destroy = (delegate* unmanaged<nint, int>)At(nccl, "ncclCommDestroy");
        GetErrorString = (delegate* unmanaged<int, byte*>)At(nccl, "ncclGetErrorString");
        GetBusId = (delegate* unmanaged<byte*, int, int, int>)At(cuda, "cudaDeviceGetPCIBusId");
        CreateStream = (delegate* unmanaged<nint*, uint, int>)At(cuda, "cudaStreamCreateWithFlags");
        CreateEvent = (delegate* unmanaged<nint*, uint, int>)At(cuda, "cudaEventCreateWithFlags");
        RecordEvent = (delegate* unmanaged<nint, nint, int>)At(cuda, "cudaEventRecord");
        WaitForEvent = (delegate* unmanaged<nint, nint, uint, int>)At(cuda, "cudaStreamWaitEvent");
        GetCudaErrorString = (delegate* unmanaged<int, byte*>)At(cuda, "cudaGetErrorString");
        GetCurrentStream = (delegate* unmanaged<int, nint*, int>)At(cuda, "aoti_torch_get_current_cuda_stream");
        CreateGuard = (delegate* unmanaged<int, nint*, int>)At(cuda, "aoti_torch_create_cuda_guard");
        DeleteGuard = (delegate* unmanaged<nint, int>)At(cuda, "aoti_torch_delete_cuda_guard");
        // Of any tensor; a tensor's handle is an at::Tensor* there as in TorchSharp.
        GetData = (delegate* unmanaged<nint, nint*, int>)LibtorchPackage.FindFunction(DataFunction);
        if (GetData == null)
            Missing ??= DataFunction;
        if (Missing is not null)
            return;
        int version;
        _ = GetVersion(&version);
        Version = $"{version / 10000}.{version / 100 % 100}.{version % 100}";

        nint At(nint library, string name)
        {
            if (library != 0 && NativeLibrary.TryGetExport(library, name, out var address))
                return address;
            Missing ??= name;
            return 0;
        }
    }

    /// <summary>A function that isn't there; null: all are.</summary>
    public string? Missing { get; private set; }

    /// <summary>NCCL's version, such as <c>2.27.5</c>; ranks have to have the same.</summary>
    public string Version { get; } = "";

    public delegate* unmanaged<int*, int> GetVersion { get; }
    public delegate* unmanaged<NcclUniqueId*, int> GetUniqueId { get; }
    public delegate* unmanaged<nint*, int, NcclUniqueId, int, int> InitRank { get; }
    public delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> AllReduce { get; }
    public delegate* unmanaged<nint, int*, int> GetAsyncError { get; }
    public delegate* unmanaged<nint, int> Abort { get; }
    public delegate* unmanaged<nint, int> Destroy { get; }
    public delegate* unmanaged<int, byte*> GetErrorString { get; }
    public delegate* unmanaged<byte*, int, int, int> GetBusId { get; }
    public delegate* unmanaged<nint*, uint, int> CreateStream { get; }
    public delegate* unmanaged<nint*, uint, int> CreateEvent { get; }
    public delegate* unmanaged<nint, nint, int> RecordEvent { get; }
    public delegate* unmanaged<nint, nint, uint, int> WaitForEvent { get; }
    public delegate* unmanaged<int, byte*> GetCudaErrorString { get; }
    public delegate* unmanaged<int, nint*, int> GetCurrentStream { get; }
    public delegate* unmanaged<int, nint*, int> CreateGuard { get; }
    public delegate* unmanaged<nint, int> DeleteGuard { get; }
    public delegate* unmanaged<nint, nint*, int> GetData { get; }

    /// <summary>A GPU, by the slot of its host that it is in.</summary>
    public string SlotOf(int device)
    {
        const int Length = 32;
        var slot = stackalloc byte[Length];
        return GetBusId(slot, Length, device) == Success
            ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(slot)) : $"{device}";
    }

    /// <summary>Finds NCCL; libtorch must be loaded.</summary>
    /// <param name="path">Its path, or <c>none</c>; null: it is looked for.</param>
    /// <param name="obstacle">Why there is none, said of a rank: <c>has no NCCL…</c>; null: there is one.</param>
    public static NcclLibrary? Find(string? path, out string? obstacle)
    {
        obstacle = $"has {PathVariable} set to {None}";
        if (path == None)
            return null;
        // libtorch has NCCL within it, or is linked to it as in PyTorch's wheels: the loader then finds it by libtorch.
        var torch = Load(NativeFiles.Find("torch_cuda"));
        var nccl = path is not null ? Load(path) : Array.Find([torch, Load(Name)], Has);
        obstacle = !Has(nccl) ? $"has no NCCL: there is none in {path ?? $"libtorch, and no {Name}"}" : null;
        if (obstacle is not null)
            return null;
        var found = new NcclLibrary(nccl, torch);
        obstacle = found.Missing is { } name ? $"has an NCCL or a libtorch without {name}" : null;
        return obstacle is null ? found : null;

        static bool Has(nint library) => library != 0 && NativeLibrary.TryGetExport(library, InitFunction, out _);
    }

    private static nint Load(string? path) => path is not null && NativeLibrary.TryLoad(path, out var library) ? library : 0;
}

/// <summary>By what ranks find each other.</summary>
internal unsafe struct NcclUniqueId
{
    public const int Length = 128;

    public fixed byte Bytes[Length];
}
