using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TransferKit.Vision;

/// <summary>
/// For any processor with 128-bit vectors (ARM64, older x64): a vector holds the four bytes of a pixel as integers.
/// </summary>
internal sealed unsafe class PortableResampleKernel : ResampleKernel
{
    public override void ResampleRows(
        byte* source, nint sourceStride, int rows, AxisWeights weights, byte* target, nint targetStride)
    {
        fixed (int* allWeights = weights.Weights, firsts = weights.First, taps = weights.Taps)
        {
            for (var row = 0; row < rows; row++)
            {
                for (var x = 0; x < weights.Count; x++)
                {
                    var pixel = source + (nint)firsts[x] * PixelBuffer.BytesPerPixel;
                    var weight = allWeights + (nint)x * weights.Stride;
                    var sum = Vector128.Create(AxisWeights.Half);
                    for (var tap = 0; tap < taps[x]; tap++)
                        sum += Widen(pixel + (nint)tap * PixelBuffer.BytesPerPixel) * Vector128.Create(weight[tap]);
                    Store(sum, target + (nint)x * PixelBuffer.BytesPerPixel);
                }

                source += sourceStride;
                target += targetStride;
            }
        }
    }

    public override void BlendRows(
        byte* source, nint sourceStride, int bytes, AxisWeights weights, int position, byte* target)
    {
        source += weights.First[position] * sourceStride;
        var taps = weights.Taps[position];
        fixed (int* weight = &weights.Weights[position * weights.Stride])
        {
            for (nint x = 0; x < bytes; x += 16)
            {
                var sum0 = Vector128.Create(AxisWeights.Half);
                var (sum1, sum2, sum3) = (sum0, sum0, sum0);
                var column = source + x;
                for (var tap = 0; tap < taps; tap++, column += sourceStride)
                {
                    var scale = Vector128.Create(weight[tap]);
                    sum0 += Widen(column) * scale;
                    sum1 += Widen(column + 4) * scale;
                    sum2 += Widen(column + 8) * scale;
                    sum3 += Widen(column + 12) * scale;
                }

                Store(sum0, target + x);
                Store(sum1, target + x + 4);
                Store(sum2, target + x + 8);
                Store(sum3, target + x + 12);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(byte* pixel)
    {
        var bytes = Vector128.CreateScalarUnsafe(*(uint*)pixel).AsByte();
        return Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<int> sum, byte* pixel)
    {
        var clamped = Vector128.Clamp(sum >> AxisWeights.FractionBits, Vector128<int>.Zero, Vector128.Create(255));
        var words = Vector128.Narrow(clamped, clamped).AsUInt16();
        *(uint*)pixel = Vector128.Narrow(words, words).AsUInt32().ToScalar();
    }
}
