using System.Runtime.Intrinsics.X86;

namespace TransferKit;

/// <summary>
/// The sizes of the processor's caches, by which oneDNN divides its work. AMD's processors list them (CPUID 8000_001D; "AMD64
/// Architecture Programmer's Manual", volume 3), but some virtual machines leave the list empty. oneDNN 3.7, of libtorch 2.10,
/// then takes each cache for a single byte: convolutions divide by zero, which ends the process, or leave the last channels
/// wrong. There it is told what the processor says elsewhere (CPUID 8000_0005 and 8000_0006).
/// </summary>
/// <remarks>Concerns the whole process; on Linux alone.</remarks>
internal static unsafe class OneDnnCaches
{
    private const int List = unchecked((int)0x8000001D), First = unchecked((int)0x80000005), Second = unchecked((int)0x80000006);

    // dnnl::impl::cpu::x64::cpu(), which gives Xbyak's description of the processor.
    private const string Describe = "_ZN4dnnl4impl3cpu3x643cpuEv";

    // Where the description has the sizes of the caches and how many levels there are, in numbers of four bytes.
    private const int Sizes = 7, Levels = 27, LevelsOfAmd = 3;

    // Reading the library's symbols takes a while: once is enough.
    private static readonly Lazy<bool> Told = new(TellOnce);

    // What oneDNN itself assumes of a core's share of the third level, where it knows that it doesn't know.
    private const uint Third = 1 << 20;

    /// <summary>Whether this is a processor whose caches oneDNN would get wrong.</summary>
    public static bool AreHidden => CpuFeatures.IsAmd && X86Base.CpuId(List, 0).Eax == 0;

    /// <summary>Tells oneDNN the sizes where they are hidden.</summary>
    /// <returns>Whether it knows them now; false too where this libtorch is another one.</returns>
    public static bool Tell() => !AreHidden || Told.Value;

    private static bool TellOnce()
    {
        if (!HiddenFunctions.Find(Describe).TryGetValue(Describe, out var describe))
            return false;
        var processor = ((delegate* unmanaged<uint*>)describe)();
        var sizes = new Span<uint>(processor + Sizes, LevelsOfAmd);
        if (processor[Levels] != LevelsOfAmd)
            return false;
        if (sizes.ContainsAnyExcept(1u))
            return true;
        sizes[0] = (uint)X86Base.CpuId(First, 0).Ecx >> 24 << 10;
        sizes[1] = (uint)X86Base.CpuId(Second, 0).Ecx >> 16 << 10;
        sizes[2] = Third;
        return true;
    }
}
