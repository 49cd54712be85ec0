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
    // Of malloc.h: from which size on blocks come from the system one by one, and how much free memory stays.
    private const int TrimThreshold = -1, MapThreshold = -3;

    // How much the process may grow before freed memory is given back: what is given back too often is asked for again, page by
    // page.
    private const double Allowance = 1.0 / 8, LeastAllowanceMiB = 64;

    private static readonly bool Keeps = OperatingSystem.IsLinux()
        && (!AppContext.TryGetSwitch("TransferKit.KeepFreedMemory", out var isOn) || isOn)
        && NativeLibrary.TryLoad("libc.so.6", out var library)
        && NativeLibrary.TryGetExport(library, "gnu_get_libc_version", out _)
        && SetOption(MapThreshold, int.MaxValue) == 1
        && SetOption(TrimThreshold, int.MaxValue) == 1;

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

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int TrimTo(nuint padding);
}
