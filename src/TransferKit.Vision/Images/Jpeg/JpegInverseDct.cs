using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TransferKit.Vision;

/// <summary>
/// From coefficients to samples: the inverse of the discrete cosine transform in whole numbers, by Loeffler, Ligtenberg and
/// Moschytz ("Practical fast 1-D DCT algorithms with 11 multiplications", 1989), with the roundings of libjpeg's ISLOW. Products
/// are paired as vectors like it, which changes no result.
/// </summary>
internal static class JpegInverseDct
{
    private const int FractionBits = 13;

    // What the first pass leaves of the fraction, for the second to round.
    private const int KeptBits = 2;

    // Eight times the mean is what a DC coefficient stands for, in each direction.
    private const int ScaleBits = 3;

    private const int Middle = 128;

    // The constants of the paper, times 2 to the power of FractionBits.
    private const short C0298 = 2446, C0390 = 3196, C0541 = 4433, C0765 = 6270, C0899 = 7373, C1175 = 9633, C1501 = 12299,
        C1847 = 15137, C1961 = 16069, C2053 = 16819, C2562 = 20995, C3072 = 25172;

    /// <summary>Writes a block's samples.</summary>
    /// <param name="coefficients">64, row by row.</param>
    /// <param name="factors">What they are multiplied by.</param>
    /// <param name="samples">Where the first sample goes.</param>
    /// <param name="stride">From one row of samples to the next.</param>
    public static void Transform(ReadOnlySpan<short> coefficients, ReadOnlySpan<short> factors, Span<byte> samples, int stride)
    {
        var rows = MemoryMarshal.Cast<short, Vector128<short>>(coefficients);
        var factorRows = MemoryMarshal.Cast<short, Vector128<short>>(factors);
        // The last first: then it is known that the others are there.
        var row7 = rows[7] * factorRows[7];
        var row6 = rows[6] * factorRows[6];
        var row5 = rows[5] * factorRows[5];
        var row4 = rows[4] * factorRows[4];
        var row3 = rows[3] * factorRows[3];
        var row2 = rows[2] * factorRows[2];
        var row1 = rows[1] * factorRows[1];
        var row0 = rows[0] * factorRows[0];

        Pass(ref row0, ref row1, ref row2, ref row3, ref row4, ref row5, ref row6, ref row7, FractionBits - KeptBits);
        // What was lane i of row j becomes lane j of row i: three times the same step.
        Zip(ref row0, ref row1, ref row2, ref row3, ref row4, ref row5, ref row6, ref row7);
        Zip(ref row0, ref row1, ref row2, ref row3, ref row4, ref row5, ref row6, ref row7);
        Zip(ref row0, ref row1, ref row2, ref row3, ref row4, ref row5, ref row6, ref row7);
        Pass(ref row0, ref row1, ref row2, ref row3, ref row4, ref row5, ref row6, ref row7,
            FractionBits + KeptBits + ScaleBits);

        // Columns by now, and as bytes two in a vector, to be turned in the same way.
        var columns01 = Samples(row0, row1);
        var columns23 = Samples(row2, row3);
        var columns45 = Samples(row4, row5);
        var columns67 = Samples(row6, row7);
        Zip(ref columns01, ref columns23, ref columns45, ref columns67);
        Zip(ref columns01, ref columns23, ref columns45, ref columns67);
        Zip(ref columns01, ref columns23, ref columns45, ref columns67);
        Write(columns01, samples, stride);
        Write(columns23, samples[(2 * stride)..], stride);
        Write(columns45, samples[(4 * stride)..], stride);
        Write(columns67, samples[(6 * stride)..], stride);
    }

    /// <summary>Writes the samples of a block that has but a DC coefficient: all the same.</summary>
    public static void TransformDc(short coefficient, short factor, Span<byte> samples, int stride)
    {
        const int bits = KeptBits + ScaleBits;
        var kept = (short)((short)(coefficient * factor) << KeptBits);
        var sample = (ulong)(Math.Clamp((kept + (1 << (bits - 1))) >> bits, -Middle, Middle - 1) + Middle);
        for (var y = 0; y < JpegFrame.BlockSize; y++)
            MemoryMarshal.Write(samples[(y * stride)..], sample * 0x0101010101010101);
    }

    /// <summary>Eight transforms of one dimension, one a lane, the sums divided by a power of two and rounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass(
        ref Vector128<short> x0, ref Vector128<short> x1, ref Vector128<short> x2, ref Vector128<short> x3,
        ref Vector128<short> x4, ref Vector128<short> x5, ref Vector128<short> x6, ref Vector128<short> x7, int bits)
    {
        var (sum, difference, zero) = (x0 + x4, x0 - x4, Vector128<short>.Zero);
        var (z3, z4) = (x7 + x3, x5 + x1);
        Half(JpegLanes.ZipLow(zero, sum), JpegLanes.ZipLow(zero, difference), JpegLanes.ZipLow(x2, x6),
            JpegLanes.ZipLow(z3, z4), JpegLanes.ZipLow(x7, x1), JpegLanes.ZipLow(x5, x3), bits,
            out var low0, out var low1, out var low2, out var low3, out var low4, out var low5, out var low6, out var low7);
        Half(JpegLanes.ZipHigh(zero, sum), JpegLanes.ZipHigh(zero, difference), JpegLanes.ZipHigh(x2, x6),
            JpegLanes.ZipHigh(z3, z4), JpegLanes.ZipHigh(x7, x1), JpegLanes.ZipHigh(x5, x3), bits,
            out var high0, out var high1, out var high2, out var high3,
            out var high4, out var high5, out var high6, out var high7);
        x0 = Vector128.NarrowWithSaturation(low0, high0);
        x1 = Vector128.NarrowWithSaturation(low1, high1);
        x2 = Vector128.NarrowWithSaturation(low2, high2);
        x3 = Vector128.NarrowWithSaturation(low3, high3);
        x4 = Vector128.NarrowWithSaturation(low4, high4);
        x5 = Vector128.NarrowWithSaturation(low5, high5);
        x6 = Vector128.NarrowWithSaturation(low6, high6);
        x7 = Vector128.NarrowWithSaturation(low7, high7);
    }

    /// <summary>Four of the eight lanes, in 32 bits; the inputs are pairs of lanes side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(
        Vector128<short> sum, Vector128<short> difference, Vector128<short> x26, Vector128<short> z34, Vector128<short> x71,
        Vector128<short> x53, int bits,
        out Vector128<int> y0, out Vector128<int> y1, out Vector128<int> y2, out Vector128<int> y3, out Vector128<int> y4,
        out Vector128<int> y5, out Vector128<int> y6, out Vector128<int> y7)
    {
        var rounding = Vector128.Create(1 << (bits - 1));
        var even0 = (sum.AsInt32() >> (16 - FractionBits)) + rounding;
        var even1 = (difference.AsInt32() >> (16 - FractionBits)) + rounding;
        var even2 = Products(x26, C0541, C0541 - C1847);
        var even3 = Products(x26, C0541 + C0765, C0541);
        var (a0, a1, a2, a3) = (even0 + even3, even1 + even2, even1 - even2, even0 - even3);

        var z3 = Products(z34, C1175 - C1961, C1175);
        var z4 = Products(z34, C1175, C1175 - C0390);
        var b0 = Products(x71, C0298 - C0899, -C0899) + z3;
        var b1 = Products(x53, C2053 - C2562, -C2562) + z4;
        var b2 = Products(x53, -C2562, C3072 - C2562) + z3;
        var b3 = Products(x71, -C0899, C1501 - C0899) + z4;

        (y0, y7) = ((a0 + b3) >> bits, (a0 - b3) >> bits);
        (y1, y6) = ((a1 + b2) >> bits, (a1 - b2) >> bits);
        (y2, y5) = ((a2 + b1) >> bits, (a2 - b1) >> bits);
        (y3, y4) = ((a3 + b0) >> bits, (a3 - b0) >> bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Products(Vector128<short> pairs, short first, short second) =>
        JpegLanes.MultiplyAddPairs(pairs, JpegLanes.Pairs(first, second));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Samples(Vector128<short> first, Vector128<short> second) =>
        Vector128.NarrowWithSaturation(first, second).AsByte() + Vector128.Create((byte)Middle);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Zip(
        ref Vector128<short> x0, ref Vector128<short> x1, ref Vector128<short> x2, ref Vector128<short> x3,
        ref Vector128<short> x4, ref Vector128<short> x5, ref Vector128<short> x6, ref Vector128<short> x7) =>
        (x0, x1, x2, x3, x4, x5, x6, x7) = (
            JpegLanes.ZipLow(x0, x4), JpegLanes.ZipHigh(x0, x4), JpegLanes.ZipLow(x1, x5), JpegLanes.ZipHigh(x1, x5),
            JpegLanes.ZipLow(x2, x6), JpegLanes.ZipHigh(x2, x6), JpegLanes.ZipLow(x3, x7), JpegLanes.ZipHigh(x3, x7));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Zip(ref Vector128<byte> x0, ref Vector128<byte> x1, ref Vector128<byte> x2, ref Vector128<byte> x3) =>
        (x0, x1, x2, x3) = (
            JpegLanes.ZipLow(x0, x2), JpegLanes.ZipHigh(x0, x2), JpegLanes.ZipLow(x1, x3), JpegLanes.ZipHigh(x1, x3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(Vector128<byte> twoRows, Span<byte> samples, int stride)
    {
        MemoryMarshal.Write(samples, twoRows.AsUInt64().ToScalar());
        MemoryMarshal.Write(samples[stride..], twoRows.AsUInt64().GetElement(1));
    }
}
