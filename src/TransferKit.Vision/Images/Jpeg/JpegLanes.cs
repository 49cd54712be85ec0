using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TransferKit.Vision;

/// <summary>
/// What x64 and Arm both do with vectors in an instruction or two, and <see cref="Vector128"/> has no name for.
/// </summary>
internal static class JpegLanes
{
    /// <summary>The first half of each vector's lanes, in turn: a₀ b₀ a₁ b₁ …</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> ZipLow(Vector128<short> a, Vector128<short> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Pair(Vector128.WidenLower(a.AsUInt16()), Vector128.WidenLower(b.AsUInt16()));

    /// <summary>The second half of each vector's lanes, in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> ZipHigh(Vector128<short> a, Vector128<short> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Pair(Vector128.WidenUpper(a.AsUInt16()), Vector128.WidenUpper(b.AsUInt16()));

    /// <summary>The first half of each vector's lanes, in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ZipLow(Vector128<byte> a, Vector128<byte> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Pair(Vector128.WidenLower(a), Vector128.WidenLower(b));

    /// <summary>The second half of each vector's lanes, in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ZipHigh(Vector128<byte> a, Vector128<byte> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Pair(Vector128.WidenUpper(a), Vector128.WidenUpper(b));

    /// <summary>Two numbers in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Pairs(short first, short second) =>
        Vector128.Create((ushort)first | second << 16).AsInt16();

    /// <summary>Sums of two neighboring products: a₀b₀ + a₁b₁, a₂b₂ + a₃b₃, …</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAddPairs(Vector128<short> a, Vector128<short> b)
    {
        if (Sse2.IsSupported)
            return Sse2.MultiplyAddAdjacent(a, b);
        if (AdvSimd.Arm64.IsSupported)
        {
            return AdvSimd.Arm64.AddPairwise(
                AdvSimd.MultiplyWideningLower(a.GetLower(), b.GetLower()), AdvSimd.MultiplyWideningUpper(a, b));
        }

        return ((a.AsInt32() << 16) >> 16) * ((b.AsInt32() << 16) >> 16) + (a.AsInt32() >> 16) * (b.AsInt32() >> 16);
    }

    /// <summary>The upper 16 bits of twice the products.</summary>
    /// <param name="a">Numbers within ±2¹⁴.</param>
    /// <param name="b">Any numbers.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> DoubleMultiplyHigh(Vector128<short> a, Vector128<short> b)
    {
        if (Sse2.IsSupported)
            return Sse2.MultiplyHigh(a + a, b);
        if (AdvSimd.IsSupported)
            return AdvSimd.MultiplyDoublingSaturateHigh(a, b);
        var ((lowA, highA), (lowB, highB)) = (Vector128.Widen(a), Vector128.Widen(b));
        return Vector128.Narrow((lowA * lowB) >> 15, (highA * highB) >> 15);
    }

    private static Vector128<short> Pair(Vector128<uint> first, Vector128<uint> second) => (first | second << 16).AsInt16();

    private static Vector128<byte> Pair(Vector128<ushort> first, Vector128<ushort> second) => (first | second << 8).AsByte();
}
