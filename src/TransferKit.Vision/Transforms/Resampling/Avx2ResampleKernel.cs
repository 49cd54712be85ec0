using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TransferKit.Vision;

/// <summary>
/// For x64 with AVX2. A 22-bit weight does not fit the 16-bit multiply-and-add instruction, so sums are made twice, with the
/// upper and with the lower half of the weights, and joined at the end; each instruction then does two taps of four channels.
/// </summary>
internal sealed unsafe class Avx2ResampleKernel : ResampleKernel
{
    private const int RowsAtOnce = 4;

    public override void ResampleRows(
        byte* source, nint sourceStride, int rows, AxisWeights weights, byte* target, nint targetStride)
    {
        var row = 0;
        for (; row + RowsAtOnce <= rows; row += RowsAtOnce)
            ResampleFour(source + row * sourceStride, sourceStride, weights, target + row * targetStride, targetStride);
        // The rest one by one: strides of zero make the four the same row.
        for (; row < rows; row++)
            ResampleFour(source + row * sourceStride, 0, weights, target + row * targetStride, 0);
    }

    private static void ResampleFour(
        byte* source, nint sourceStride, AxisWeights weights, byte* target, nint targetStride)
    {
        fixed (short* allHigh = weights.High, allLow = weights.Low)
        fixed (int* firsts = weights.First, allTaps = weights.Taps)
        {
            var stride = (nint)weights.Stride;
            for (var x = 0; x < weights.Count; x++)
            {
                var pixel = source + (nint)firsts[x] * PixelBuffer.BytesPerPixel;
                var high = allHigh + x * stride;
                var low = allLow + x * stride;
                var taps = allTaps[x];
                Vector256<int> high0 = default, high1 = default, high2 = default, high3 = default;
                Vector256<int> low0 = default, low1 = default, low2 = default, low3 = default;

                for (var tap = 0; tap < taps; tap += 4, pixel += 4 * PixelBuffer.BytesPerPixel)
                {
                    var highs = SpreadPairs(high + tap);
                    var lows = SpreadPairs(low + tap);
                    Add(pixel, highs, lows, ref high0, ref low0);
                    Add(pixel + sourceStride, highs, lows, ref high1, ref low1);
                    Add(pixel + 2 * sourceStride, highs, lows, ref high2, ref low2);
                    Add(pixel + 3 * sourceStride, highs, lows, ref high3, ref low3);
                }

                // Row 0 and 2 come out in the lower half, 1 and 3 in the upper.
                var words = Avx2.PackSignedSaturate(
                    Round(AddHalves(Join(high0, low0), Join(high1, low1))),
                    Round(AddHalves(Join(high2, low2), Join(high3, low3))));
                var pixels = Avx2.PackUnsignedSaturate(words, words).AsUInt32();
                var output = target + (nint)x * PixelBuffer.BytesPerPixel;
                *(uint*)output = pixels.GetElement(0);
                *(uint*)(output + targetStride) = pixels.GetElement(4);
                *(uint*)(output + 2 * targetStride) = pixels.GetElement(1);
                *(uint*)(output + 3 * targetStride) = pixels.GetElement(5);
            }
        }
    }

    public override void BlendRows(
        byte* source, nint sourceStride, int bytes, AxisWeights weights, int position, byte* target)
    {
        source += weights.First[position] * sourceStride;
        var taps = weights.Taps[position];
        fixed (short* high = &weights.High[position * weights.Stride], low = &weights.Low[position * weights.Stride])
        {
            for (nint x = 0; x < bytes; x += 32)
            {
                Vector256<int> high0 = default, high1 = default, high2 = default, high3 = default;
                Vector256<int> low0 = default, low1 = default, low2 = default, low3 = default;
                var column = source + x;
                for (var tap = 0; tap < taps; tap += 2, column += 2 * sourceStride)
                {
                    var highs = Vector256.Create(*(int*)(high + tap)).AsInt16();
                    var lows = Vector256.Create(*(int*)(low + tap)).AsInt16();
                    var above = Vector256.Load(column);
                    var below = Vector256.Load(column + sourceStride);
                    var pairsLow = Avx2.UnpackLow(above, below);
                    var pairsHigh = Avx2.UnpackHigh(above, below);
                    Add(Avx2.UnpackLow(pairsLow, Vector256<byte>.Zero).AsInt16(), highs, lows, ref high0, ref low0);
                    Add(Avx2.UnpackHigh(pairsLow, Vector256<byte>.Zero).AsInt16(), highs, lows, ref high1, ref low1);
                    Add(Avx2.UnpackLow(pairsHigh, Vector256<byte>.Zero).AsInt16(), highs, lows, ref high2, ref low2);
                    Add(Avx2.UnpackHigh(pairsHigh, Vector256<byte>.Zero).AsInt16(), highs, lows, ref high3, ref low3);
                }

                // Packing works within 128-bit lanes, as unpacking did: the bytes come back in order.
                var words0 = Avx2.PackSignedSaturate(Round(Join(high0, low0)), Round(Join(high1, low1)));
                var words1 = Avx2.PackSignedSaturate(Round(Join(high2, low2)), Round(Join(high3, low3)));
                Avx2.PackUnsignedSaturate(words0, words1).Store(target + x);
            }
        }
    }

    /// <summary>
    /// Adds four pixels of one row: R₀R₁ G₀G₁ B₀B₁ X₀X₁ | R₂R₃ ..., times a pair of weights in each half. One shuffle orders and
    /// widens them: places with the sign bit set become zero.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        byte* pixels, Vector256<short> highs, Vector256<short> lows, ref Vector256<int> high, ref Vector256<int> low)
    {
        const byte zero = 0x80;
        var pairs = Vector256.Create(
            0, zero, 4, zero, 1, zero, 5, zero, 2, zero, 6, zero, 3, zero, 7, zero,
            8, zero, 12, zero, 9, zero, 13, zero, 10, zero, 14, zero, 11, zero, 15, zero);
        var twice = Avx2.BroadcastVector128ToVector256(pixels);
        Add(Avx2.Shuffle(twice, pairs).AsInt16(), highs, lows, ref high, ref low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        Vector256<short> pairs, Vector256<short> highs, Vector256<short> lows, ref Vector256<int> high, ref Vector256<int> low)
    {
        high += Avx2.MultiplyAddAdjacent(pairs, highs);
        low += Avx2.MultiplyAddAdjacent(pairs, lows);
    }

    /// <summary>Four weights as w₀w₁ in each 32 bits of the lower half and w₂w₃ in each of the upper.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> SpreadPairs(short* weights)
    {
        var four = Vector256.CreateScalarUnsafe(*(long*)weights).AsInt32();
        return Avx2.PermuteVar8x32(four, Vector256.Create(0, 0, 0, 0, 1, 1, 1, 1)).AsInt16();
    }

    /// <summary>The sum of the first vector's halves, then that of the second's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> AddHalves(Vector256<int> first, Vector256<int> second) =>
        Avx2.Permute2x128(first, second, 0x20) + Avx2.Permute2x128(first, second, 0x31);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Join(Vector256<int> high, Vector256<int> low) => (high << AxisWeights.LowBits) + low;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(Vector256<int> sum) =>
        (sum + Vector256.Create(AxisWeights.Half)) >> AxisWeights.FractionBits;
}
