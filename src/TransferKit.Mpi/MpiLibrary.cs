using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>
/// The functions of an MPI library, found where the program runs. The standard fixes names and arguments; what handles and
/// constants are, each library decides: Open MPI's are addresses, MPICH's are numbers, which fit where addresses do.
/// </summary>
internal sealed unsafe class MpiLibrary
{
    /// <summary>The environment variable with the path of the library, where it isn't found by itself.</summary>
    public const string PathVariable = "TRANSFERKIT_MPI";

    // MPI_THREAD_SERIALIZED: any thread calls, one at a time.
    private const int Serialized = 2;

    private readonly nint _library;

    private MpiLibrary(nint library, string path)
    {
        (_library, Path) = (library, path);
        if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out var world))
        {
            (World, Byte, Float) = (world, Symbol("ompi_mpi_byte"), Symbol("ompi_mpi_float"));
            (Double, Sum) = (Symbol("ompi_mpi_double"), Symbol("ompi_mpi_op_sum"));
            (InPlace, IgnoreStatus) = (1, 0);
            Kind = MpiLauncher.OpenMpi;
        }
        else
        {
            // MPICH's ABI, which Intel MPI, MVAPICH and Cray MPICH have too.
            (World, Byte, Float, Double, Sum) = (0x44000000, 0x4c00010d, 0x4c00040a, 0x4c00080b, 0x58000003);
            (InPlace, IgnoreStatus) = (-1, 1);
            Kind = MpiLauncher.Mpich;
        }
        Test = (delegate* unmanaged<nint*, int*, nint, int>)Symbol("MPI_Test");
        AllReduce = (delegate* unmanaged<nint, void*, int, nint, nint, nint, nint*, int>)Symbol("MPI_Iallreduce");
        AllGather = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, nint*, int>)Symbol("MPI_Iallgather");
        Broadcast = (delegate* unmanaged<void*, int, nint, int, nint, nint*, int>)Symbol("MPI_Ibcast");
        StartSend = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Symbol("MPI_Isend");
        StartReceive = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Symbol("MPI_Irecv");
        Cancel = (delegate* unmanaged<nint*, int>)Symbol("MPI_Cancel");
        Free = (delegate* unmanaged<nint*, int>)Symbol("MPI_Request_free");
        // Not MPI's: of the C library that it is linked to.
        Sleep = (delegate* unmanaged<uint, int>)Symbol("usleep");
    }

    /// <summary>Whose library it is.</summary>
    public MpiLauncher Kind { get; }

    /// <summary>What it was loaded from.</summary>
    public string Path { get; }

    public nint World { get; }

    public nint Byte { get; }

    public nint Float { get; }

    public nint Double { get; }

    public nint Sum { get; }

    public nint InPlace { get; }

    public nint IgnoreStatus { get; }

    public delegate* unmanaged<nint*, int*, nint, int> Test { get; }

    public delegate* unmanaged<nint, void*, int, nint, nint, nint, nint*, int> AllReduce { get; }

    public delegate* unmanaged<void*, int, nint, void*, int, nint, nint, nint*, int> AllGather { get; }

    public delegate* unmanaged<void*, int, nint, int, nint, nint*, int> Broadcast { get; }

    public delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> StartSend { get; }

    public delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> StartReceive { get; }

    public delegate* unmanaged<nint*, int> Cancel { get; }

    public delegate* unmanaged<nint*, int> Free { get; }

    /// <summary>Waits for microseconds; .NET's own wait is of whole milliseconds.</summary>
    public delegate* unmanaged<uint, int> Sleep { get; }

    /// <summary>Loads the library of what has started this process.</summary>
    /// <exception cref="MpiException">It isn't there; the message says how to get it.</exception>
    public static MpiLibrary Load(MpiLauncher launcher)
    {
        var given = Environment.GetEnvironmentVariable(PathVariable);
        string[] names = given is not null ? [given] : launcher == MpiLauncher.OpenMpi
            ? ["libmpi.so.40", "libmpi.40.dylib", "libmpi.so", "libmpi.dylib"]
            : ["libmpich.so.12", "libmpi.so.12", "libmpich.12.dylib", "libmpi.12.dylib", "libmpich.so", "libmpi.so"];
        foreach (var name in names)
            if (NativeLibrary.TryLoad(name, out var library))
            {
                var found = new MpiLibrary(library, name);
                if (given is not null || found.Kind == launcher)
                    return found;
            }
        var (what, package) = launcher == MpiLauncher.OpenMpi ? ("Open MPI", "libopenmpi3") : ("MPICH", "libmpich12");
        throw new MpiException($"{what} has started this process, and its library isn't there: tried {string.Join(", ", names)}. "
            + $"Install it on every host (Debian and Ubuntu: apt-get install {package}), or set {PathVariable} to its path.");
    }

    /// <exception cref="MpiException">The library can't be called by several threads in turn.</exception>
    public (int Rank, int Size) Initialize()
    {
        int provided, rank, size;
        Check(((delegate* unmanaged<int*, byte***, int, int*, int>)Symbol("MPI_Init_thread"))(null, null, Serialized, &provided));
        if (provided < Serialized)
            throw new MpiException($"{Path} doesn't support MPI_THREAD_SERIALIZED: install a build of it with threads.");
        Check(((delegate* unmanaged<nint, int*, int>)Symbol("MPI_Comm_rank"))(World, &rank));
        Check(((delegate* unmanaged<nint, int*, int>)Symbol("MPI_Comm_size"))(World, &size));
        return (rank, size);
    }

    public void Finish() => Check(((delegate* unmanaged<int>)Symbol("MPI_Finalize"))());

    /// <summary>Ends all processes.</summary>
    public void Abort() => _ = ((delegate* unmanaged<nint, int, int>)Symbol("MPI_Abort"))(World, 1);

    /// <summary>MPI itself ends the program at most errors; of others, it says nothing but a number.</summary>
    public static void Check(int code)
    {
        if (code != 0)
            throw new MpiException($"MPI has failed with the error {code}.");
    }

    private nint Symbol(string name) => NativeLibrary.TryGetExport(_library, name, out var address)
        ? address
        : throw new MpiException($"{Path} has no {name}: it isn't MPI 3 or later.");
}
