using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TransferKit;

/// <summary>The processor's instruction sets for which libtorch has kernels of their own.</summary>
internal static class CpuFeatures
{
    private const int ExtendedFeatures = 7;

    // The last four of the twelve letters of "AuthenticAMD", which the processor gives four at a time.
    private const int AmdLetters = 0x444D4163;

    /// <summary>Whether bfloat16 numbers are multiplied in hardware (AVX512_BF16).</summary>
    public static bool HasBFloat16 { get; } =
        Avx512F.IsSupported && HasBit(X86Base.CpuId(ExtendedFeatures, 1).Eax, 5);

    /// <summary>Whether whole tiles of a bfloat16 matrix are (Intel AMX, Sapphire Rapids and later).</summary>
    public static bool HasMatrixBFloat16 { get; } =
        Avx512F.IsSupported && X86Base.CpuId(ExtendedFeatures, 0).Edx is var edx && HasBit(edx, 22) && HasBit(edx, 24);

    /// <summary>Whether it is one of AMD's.</summary>
    public static bool IsAmd { get; } = X86Base.IsSupported && X86Base.CpuId(0, 0).Ecx == AmdLetters;

    /// <summary>Whether a network is faster in bfloat16 than in float32.</summary>
    public static bool IsBFloat16Fast { get; } =
        HasFastBFloat16(HasBFloat16, HasMatrixBFloat16, IsAmd);

    /// <summary>Their names, the simplest first.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Named("AVX2", Avx2.IsSupported),
        .. Named("AVX512", Avx512F.IsSupported),
        .. Named("AVX512_BF16", HasBFloat16),
        .. Named("AMX_BF16", HasMatrixBFloat16),
        .. Named("NEON", AdvSimd.IsSupported),
    ];

    /// <summary>
    /// AMD's cores (Zen 4 and later) multiply twice as many numbers a cycle by AVX512_BF16 as in float32. Intel's don't: without
    /// AMX, which virtual machines often hide, Emerald Rapids takes 1.1 to 1.8 times as long in bfloat16 (libtorch 2.10, 2026).
    /// </summary>
    internal static bool HasFastBFloat16(bool hasInstructions, bool hasTiles, bool isAmd) =>
        hasTiles || (hasInstructions && isAmd);

    private static bool HasBit(int register, int bit) => (register & (1 << bit)) != 0;

    private static string[] Named(string name, bool isSupported) => isSupported ? [name] : [];
}
