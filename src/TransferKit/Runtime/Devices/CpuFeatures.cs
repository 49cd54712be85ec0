using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TransferKit;

/// <summary>The processor's instruction sets for which libtorch has kernels of their own.</summary>
internal static class CpuFeatures
{
    private const int ExtendedFeatures = 7;

    /// <summary>Whether bfloat16 numbers are multiplied in hardware (AVX512_BF16), faster than float32.</summary>
    public static bool HasBFloat16 { get; } =
        Avx512F.IsSupported && HasBit(X86Base.CpuId(ExtendedFeatures, 1).Eax, 5);

    /// <summary>Whether whole tiles of a bfloat16 matrix are (Intel AMX, Sapphire Rapids and later).</summary>
    public static bool HasMatrixBFloat16 { get; } =
        Avx512F.IsSupported && X86Base.CpuId(ExtendedFeatures, 0).Edx is var edx && HasBit(edx, 22) && HasBit(edx, 24);

    /// <summary>Their names, the simplest first.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Named("AVX2", Avx2.IsSupported),
        .. Named("AVX512", Avx512F.IsSupported),
        .. Named("AVX512_BF16", HasBFloat16),
        .. Named("AMX_BF16", HasMatrixBFloat16),
        .. Named("NEON", AdvSimd.IsSupported),
    ];

    private static bool HasBit(int register, int bit) => (register & (1 << bit)) != 0;

    private static string[] Named(string name, bool isSupported) => isSupported ? [name] : [];
}
