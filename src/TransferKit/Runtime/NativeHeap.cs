using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>
/// How the C library hands out memory for tensors. glibc gives each large block back to the system when it is freed and asks for
/// it anew a moment later, page by page; a network makes and frees such blocks all the time, and waits for them longer than for
/// its memory-bound layers. Here freed memory is kept for the next tensor, until <see cref="Trim"/>.
/// </summary>
/// <remarks>
/// Concerns the whole process. The switch <c>TransferKit.KeepFreedMemory</c> of <see cref="AppContext"/> set to false leaves
/// the C library as it is. Only glibc is concerned: other systems keep large blocks by themselves.
/// </remarks>
internal static partial class NativeHeap
{
    // Of malloc.h: from which size on blocks come from the system one by one, how much free memory stays, and how many heaps
    // there are.
    private const int TrimThreshold = -1, MapThreshold = -3, ArenaLimit = -8;

    // Larger than what a thread keeps for itself, which may be from anywhere.
    private const int Probe = 4096;

    // What a service asks for anew once in so long doesn't matter beside what it computes.
    private static readonly TimeSpan TrimDelay = TimeSpan.FromSeconds(30);

    // How much the process may grow before freed memory is given back: what is given back too often is asked for again, page by
    // page.
    private const double Allowance = 1.0 / 8, LeastAllowanceMiB = 64;

    private static readonly bool Keeps = OperatingSystem.IsLinux()
        && (!AppContext.TryGetSwitch("TransferKit.KeepFreedMemory", out var isOn) || isOn)
        && NativeLibrary.TryLoad("libc.so.6", out var library)
        && NativeLibrary.TryGetExport(library, "gnu_get_libc_version", out _)
        && SetOption(MapThreshold, int.MaxValue) == 1
        && SetOption(TrimThreshold, int.MaxValue) == 1
        // No more heaps than there are by now: each would keep the memory of the threads that use it.
        && SetOption(ArenaLimit, 1) == 1;

    private static readonly Timer Trimmer = new(_ =>
    {
        Volatile.Write(ref _isTrimDue, false);
        Trim();
    });

    private static bool _isTrimDue;

    /// <summary>Keeps freed memory from now on. Cheap when repeated.</summary>
    public static void KeepFreedMemory() => _ = Keeps;

    /// <summary>Gives free memory back to the system.</summary>
    public static void Trim() => _ = Keeps && TrimTo(0) != 0;

    /// <summary>
    /// Gives free memory back where the process has grown beyond what a step of training needs: blocks with an alignment leave
    /// gaps that the next ones of the same size don't fit into, and so the heap would grow with every step.
    /// </summary>
    /// <param name="needed">The resident memory after the first step, in MiB; 0 before it was measured.</param>
    /// <returns>What to hand in after the next step.</returns>
    public static double TrimWaste(double needed)
    {
        if (!Keeps)
            return 0;
        var resident = MemoryUse.Measure().ResidentMiB;
        if (needed == 0)
            return resident;
        if (resident > needed + Math.Max(needed * Allowance, LeastAllowanceMiB))
            Trim();
        return needed;
    }

    /// <summary>
    /// Gives free memory back within half a minute, once for all calls until then: for services, whose threads and sizes of
    /// pictures vary, and which have no end at which to <see cref="Trim"/>.
    /// </summary>
    public static void TrimLater()
    {
        if (Keeps && !Interlocked.Exchange(ref _isTrimDue, true))
            Trimmer.Change(TrimDelay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Whether what this thread frees is kept, be it as large as it may: so it is in the main arena, which is the program's data
    /// segment. Other arenas are made of pieces of 64 MiB; a larger block is mapped anew each time.
    /// </summary>
    internal static bool KeepsLargeBlocks
    {
        get
        {
            if (!Keeps)
                return true;
            var block = Allocate(Probe);
            var isInDataSegment = block < MoveBreak(0);
            Free(block);
            return isInDataSegment;
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "malloc")]
    private static partial nuint Allocate(nuint size);

    [LibraryImport("libc.so.6", EntryPoint = "free")]
    private static partial void Free(nuint block);

    [LibraryImport("libc.so.6", EntryPoint = "sbrk")]
    private static partial nuint MoveBreak(nint increment);

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int TrimTo(nuint padding);
}
