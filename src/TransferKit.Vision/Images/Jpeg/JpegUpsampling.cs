using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TransferKit.Vision;

/// <summary>
/// Chroma as wide as luma: each sample lies between two of luma, and so a new one is made of three parts of the nearest and one
/// of the next, in each direction: libjpeg's "fancy upsampling". What halves are rounded to alternates as there.
/// </summary>
internal static class JpegUpsampling
{
    /// <summary>Samples that are made two of at once.</summary>
    private const int SamplesPerStep = 16;

    /// <summary>Doubles a row.</summary>
    /// <param name="row">Samples, from the one left of the first on; the last one has a neighbor too.</param>
    /// <param name="count">How many are doubled.</param>
    /// <param name="target">Room for as many, rounded up to whole vectors.</param>
    public static void Widen(ReadOnlySpan<byte> row, int count, Span<byte> target)
    {
        for (var x = 0; x < count; x += SamplesPerStep)
        {
            var (leftLow, leftHigh) = Vector128.Widen(Vector128.Create(row[x..]));
            var (low, high) = Vector128.Widen(Vector128.Create(row[(x + 1)..]));
            var (rightLow, rightHigh) = Vector128.Widen(Vector128.Create(row[(x + 2)..]));
            Between(leftLow, low, rightLow).CopyTo(target[(2 * x)..]);
            Between(leftHigh, high, rightHigh).CopyTo(target[(2 * x + SamplesPerStep)..]);
        }

        static Vector128<byte> Between(Vector128<ushort> left, Vector128<ushort> nearest, Vector128<ushort> right)
        {
            var three = nearest + nearest + nearest;
            return InTurn((three + left + Vector128<ushort>.One) >> 2, (three + right + Vector128.Create((ushort)2)) >> 2);
        }
    }

    /// <summary>Doubles a row that lies between two.</summary>
    /// <param name="near">The nearer one, from the sample left of the first on; the last one has a neighbor too.</param>
    /// <param name="far">The other one, likewise.</param>
    /// <param name="count">How many samples are doubled.</param>
    /// <param name="target">Room for as many, rounded up to whole vectors.</param>
    public static void WidenBetween(ReadOnlySpan<byte> near, ReadOnlySpan<byte> far, int count, Span<byte> target)
    {
        for (var x = 0; x < count; x += SamplesPerStep)
        {
            var (leftLow, leftHigh) = Blend(near[x..], far[x..]);
            var (low, high) = Blend(near[(x + 1)..], far[(x + 1)..]);
            var (rightLow, rightHigh) = Blend(near[(x + 2)..], far[(x + 2)..]);
            Between(leftLow, low, rightLow).CopyTo(target[(2 * x)..]);
            Between(leftHigh, high, rightHigh).CopyTo(target[(2 * x + SamplesPerStep)..]);
        }

        static Vector128<byte> Between(Vector128<ushort> left, Vector128<ushort> nearest, Vector128<ushort> right)
        {
            var three = nearest + nearest + nearest;
            return InTurn(
                (three + left + Vector128.Create((ushort)8)) >> 4, (three + right + Vector128.Create((ushort)7)) >> 4);
        }
    }

    /// <summary>Four times the samples between two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<ushort> Low, Vector128<ushort> High) Blend(ReadOnlySpan<byte> near, ReadOnlySpan<byte> far)
    {
        var (nearLow, nearHigh) = Vector128.Widen(Vector128.Create(near));
        var (farLow, farHigh) = Vector128.Widen(Vector128.Create(far));
        return (nearLow + nearLow + nearLow + farLow, nearHigh + nearHigh + nearHigh + farHigh);
    }

    /// <summary>Bytes of the one and of the other in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> InTurn(Vector128<ushort> even, Vector128<ushort> odd) => (even | odd << 8).AsByte();
}
