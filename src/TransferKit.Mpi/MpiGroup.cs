using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// The processes that <c>mpirun</c> has started, by the functions of Open MPI or MPICH, whichever it belongs to:
/// <c>mpirun -np 4 dotnet MyApp.dll</c>.
/// </summary>
public sealed unsafe class MpiGroup : ProcessGroup
{
    private const int NameLength = 64;

    // The heartbeat has a tag of its own.
    private const int RingTag = 8;

    // Payloads up to here are no work: who waits for them waits for others.
    private const int SmallBytes = 16384;

    // How often the processor is only offered to others, and the microseconds after which a large exchange is driven then.
    private const int MostYields = 200;
    private const uint Drive = 100;

    // The environment variable with the seconds after which a silent rank counts as lost: more, where debuggers stop ranks.
    private const string PatienceVariable = "TRANSFERKIT_MPI_PATIENCE";

    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private static readonly Lazy<ProcessGroup> Started = new(Start);

    private readonly MpiLibrary _mpi;
    private readonly Heartbeat _heartbeat;
    private readonly string[] _hosts;
    private readonly TimeSpan _patience;
    private NcclSums? _gpuSums;
    private GpuOffer[] _gpus = [];
    private string? _obstacle;

    // Why all ranks are to end; said by the thread that exchanges.
    private volatile string? _end;

    private MpiGroup(MpiLibrary mpi, int rank, int size)
    {
        (_mpi, Rank, Size, _patience) = (mpi, rank, size, FindPatience(Environment.GetEnvironmentVariable));
        _heartbeat = new Heartbeat(mpi, rank, size, _patience);
        var (own, all) = (new byte[NameLength], new byte[NameLength * size]);
        Encoding.UTF8.GetEncoder().Convert(Environment.MachineName, own, flush: true, out _, out _, out _);
        AllGather(own, all);
        _hosts = [.. all.Chunk(NameLength).Select(name => Encoding.UTF8.GetString(name).TrimEnd('\0'))];
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Finish();
        Enter();
    }

    /// <summary>
    /// All processes that <c>mpirun</c> has started with this one; this one alone where it was started without, which takes no
    /// MPI. The first use begins MPI, and waits until all processes have done so.
    /// </summary>
    /// <exception cref="MpiException">
    /// The library of the MPI that started the process isn't there, or an environment variable is wrong.
    /// </exception>
    public static ProcessGroup World => Started.Value;

    /// <inheritdoc/>
    public override int Rank { get; }

    /// <inheritdoc/>
    public override int Size { get; }

    /// <inheritdoc/>
    public override int LocalRank => _hosts.Take(Rank).Count(host => host == _hosts[Rank]);

    /// <summary><c>rank 1 of 4, Open MPI</c></summary>
    public override string ToString() => $"{base.ToString()}, {(_mpi.Kind == MpiLauncher.OpenMpi ? "Open MPI" : "MPICH")}";

    internal override string NameOf(int rank) => $"{base.NameOf(rank)}, on {_hosts[rank]},";

    internal override void AllGather(ReadOnlySpan<byte> own, Span<byte> all)
    {
        fixed (byte* from = own, to = all)
        {
            nint request = 0;
            MpiLibrary.Check(_mpi.AllGather(from, own.Length, _mpi.Byte, to, own.Length, _mpi.Byte, _mpi.World, &request));
            Complete(&request, all.Length);
        }
    }

    internal override void AllReduce(Span<float> values) => AllReduce(values, _mpi.Float);

    internal override void AllReduce(Span<double> values) => AllReduce(values, _mpi.Double);

    internal override void Broadcast(Span<byte> values)
    {
        fixed (byte* memory = values)
        {
            nint request = 0;
            MpiLibrary.Check(_mpi.Broadcast(memory, values.Length, _mpi.Byte, 0, _mpi.World, &request));
            Complete(&request, values.Length);
        }
    }

    internal override DeviceSums? SumsOn(torch.Device device, out string? obstacle)
    {
        if (device.type != DeviceType.CUDA)
            return SumsOn(null, GpuOffer.NoGpu, 0, out obstacle);
        var nccl = NcclLibrary.Find(Environment.GetEnvironmentVariable(NcclLibrary.PathVariable), out var missing);
        return SumsOn(nccl, missing, device.index, out obstacle);
    }

    /// <inheritdoc cref="SumsOn(torch.Device, out string?)"/>
    /// <param name="nccl">This rank's NCCL.</param>
    /// <param name="missing">Why it has none.</param>
    /// <param name="device">The number of its GPU.</param>
    /// <param name="obstacle">As above.</param>
    internal DeviceSums? SumsOn(NcclLibrary? nccl, string? missing, int device, out string? obstacle)
    {
        var own = nccl is null
            ? new GpuOffer(missing!) : new GpuOffer("", nccl.Version, $"{nccl.SlotOf(device)} of {_hosts[Rank]}");
        var gpus = own.Exchange(this);
        obstacle = null;
        if (_gpuSums is null || !gpus.SequenceEqual(_gpus))
        {
            Interlocked.Exchange(ref _gpuSums, null)?.Close();
            _gpus = gpus;
            var found = GpuOffer.FindObstacle(this, gpus);
            if (found is null)
                _gpuSums = new NcclSums(this, nccl!, device);
            else if (found != _obstacle && !Array.TrueForAll(gpus, gpu => gpu.Obstacle == GpuOffer.NoGpu))
                obstacle = found;
            _obstacle = found;
        }
        return _gpuSums;
    }

    internal override void EndAll(string reason) => _end ??= reason;

    internal override void Break()
    {
        if (_end is not null)
            KeepAlive();
        Interlocked.Exchange(ref _gpuSums, null)?.Abort();
    }

    internal override void KeepAlive()
    {
        if (_end is null && _heartbeat.Beat() is { } silent)
            End($"{NameOf(silent)} has been silent for {(int)_patience.TotalSeconds} s: it hangs, was stopped, or its host is no "
                + "longer reached.");
        else if ((_end ?? _gpuSums?.FindFailure()) is { } reason)
            End(reason);
    }

    /// <param name="variable">The value of an environment variable; null: it isn't set.</param>
    /// <exception cref="MpiException">It is no number of seconds.</exception>
    internal static TimeSpan FindPatience(Func<string, string?> variable)
    {
        if (variable(PatienceVariable) is not { } text)
            return DefaultPatience;
        // A rank speaks once a second.
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= 3
            ? TimeSpan.FromSeconds(seconds)
            : throw new MpiException($"{PatienceVariable} is '{text}', but must be a whole number of seconds, at least 3.");
    }

    /// <summary>Ends all ranks.</summary>
    private void End(string reason)
    {
        Console.Error.WriteLine($"{reason} All ranks end; started again, the program goes on from its last checkpoint.");
        // A launcher that ends all at once may not pass on what has only just been written.
        Thread.Sleep(Farewell);
        _mpi.Abort();
    }

    private static ProcessGroup Start()
    {
        var launcher = MpiLaunchers.Find(Environment.GetEnvironmentVariable);
        if (launcher == MpiLauncher.None)
            return Alone;
        var mpi = MpiLibrary.Load(launcher);
        var (rank, size) = mpi.Initialize();
        if (size > 1)
            return new MpiGroup(mpi, rank, size);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => mpi.Finish();
        return Alone;
    }

    private void AllReduce<T>(Span<T> values, nint type)
        where T : unmanaged, INumber<T>
    {
        if (values.Length * sizeof(T) > SmallBytes)
        {
            AllReduceByRing(values);
            return;
        }
        fixed (T* memory = values)
        {
            nint request = 0;
            MpiLibrary.Check(_mpi.AllReduce(_mpi.InPlace, memory, values.Length, type, _mpi.Sum, _mpi.World, &request));
            Complete(&request, values.Length * sizeof(T));
        }
    }

    /// <summary>
    /// A sum of large arrays: its parts go round, first to be added to and then as they are (Patarasu and Yuan, 2009), so that no
    /// link carries more than twice the array. Open MPI 4.1 would send all of it up a binomial tree and down again.
    /// </summary>
    private void AllReduceByRing<T>(Span<T> values)
        where T : unmanaged, INumber<T>
    {
        var length = (values.Length + Size - 1) / Size;
        var arrived = ArrayPool<T>.Shared.Rent(length);
        fixed (T* memory = values, room = arrived)
            for (var step = 0; step < 2 * (Size - 1); step++)
            {
                var isSum = step < Size - 1;
                var (sent, received) = (Part(Rank - step, values.Length), Part(Rank - step - 1, values.Length));
                nint sending = 0, receiving = 0;
                MpiLibrary.Check(_mpi.StartReceive(isSum ? room : memory + received.Start, received.Length * sizeof(T), _mpi.Byte,
                    (Rank + Size - 1) % Size, RingTag, _mpi.World, &receiving));
                MpiLibrary.Check(_mpi.StartSend(memory + sent.Start, sent.Length * sizeof(T), _mpi.Byte,
                    (Rank + 1) % Size, RingTag, _mpi.World, &sending));
                Complete(&receiving, values.Length * sizeof(T));
                Complete(&sending, values.Length * sizeof(T));
                if (isSum)
                    Add(values.Slice(received.Start, received.Length), arrived);
            }
        ArrayPool<T>.Shared.Return(arrived);

        (int Start, int Length) Part(int number, int whole)
        {
            // A remainder that isn't negative.
            var start = Math.Min((number % Size + Size) % Size * length, whole);
            return (start, Math.Min(length, whole - start));
        }
    }

    private static void Add<T>(Span<T> sums, ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T>
    {
        var sum = MemoryMarshal.Cast<T, Vector<T>>(sums);
        var value = MemoryMarshal.Cast<T, Vector<T>>(values);
        for (var i = 0; i < sum.Length; i++)
            sum[i] += value[i];
        for (var i = sum.Length * Vector<T>.Count; i < sums.Length; i++)
            sums[i] += values[i];
    }

    /// <summary>
    /// Drives an exchange to its end. Others may compute for long before they come: then this thread leaves the processor to
    /// those that compute here. A large exchange is begun when all are there, and needs to be driven; in between its bytes are
    /// under way, and a thread that only yielded would take half of the processor from one that computes.
    /// </summary>
    private void Complete(nint* request, int bytes)
    {
        for (var round = 0; ; round++)
        {
            int done;
            MpiLibrary.Check(_mpi.Test(request, &done, _mpi.IgnoreStatus));
            if (done != 0)
                return;
            KeepAlive();
            if (round < MostYields)
                Thread.Yield();
            else if (bytes <= SmallBytes)
                Thread.Sleep(1);
            else
                _ = _mpi.Sleep(Drive);
        }
    }

    private void Finish()
    {
        Leave();
        _gpuSums?.Close();
        _heartbeat.Stop();
        _mpi.Finish();
    }
}
