using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TransferKit.Vision;

/// <summary>
/// From JFIF's YCbCr (ITU T.871) to red, green, blue and an opaque byte, with the roundings of libjpeg: factors in units of
/// 2⁻¹⁶.
/// </summary>
internal static class JpegColors
{
    /// <summary>Pixels that are made at once.</summary>
    private const int PixelsPerStep = 8;

    // 1.402, 1.772, 0.71414 and 0.34414, less the whole numbers that bring them into 16 bits.
    private const short RedOfCr = 91881 - 65536, BlueOfCb = 116130 - 2 * 65536, GreenOfCr = 65536 - 46802, GreenOfCb = -22554;

    /// <summary>Writes a row of pixels.</summary>
    /// <param name="luma">At least as many samples as pixels, rounded up to whole vectors; as is each of the others.</param>
    /// <param name="cb">Blue's difference, plus 128.</param>
    /// <param name="cr">Red's difference, plus 128.</param>
    /// <param name="count">How many pixels.</param>
    /// <param name="pixels">Four bytes each.</param>
    public static void Convert(
        ReadOnlySpan<byte> luma, ReadOnlySpan<byte> cb, ReadOnlySpan<byte> cr, int count, Span<byte> pixels)
    {
        var middle = Vector128.Create((short)128);
        for (var x = 0; x < count; x += PixelsPerStep)
        {
            var y = Load(luma[x..]);
            var (blue, red) = (Load(cb[x..]) - middle, Load(cr[x..]) - middle);
            var r = y + red + Scale(red, RedOfCr);
            var g = y - red + Vector128.Narrow(
                Greens(JpegLanes.ZipLow(blue, red)), Greens(JpegLanes.ZipHigh(blue, red)));
            var b = y + blue + blue + Scale(blue, BlueOfCb);
            Write(Clamp(r), Clamp(g), Clamp(b), pixels[(x * PixelBuffer.BytesPerPixel)..]);
        }
    }

    /// <summary>Writes a row of gray pixels.</summary>
    public static void Convert(ReadOnlySpan<byte> luma, int count, Span<byte> pixels)
    {
        for (var x = 0; x < count; x += PixelsPerStep)
        {
            var y = Load(luma[x..]);
            Write(y, y, y, pixels[(x * PixelBuffer.BytesPerPixel)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Load(ReadOnlySpan<byte> samples) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(MemoryMarshal.Read<ulong>(samples)).AsByte()).AsInt16();

    /// <summary>The differences times a factor, rounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Scale(Vector128<short> difference, short factor) =>
        (JpegLanes.DoubleMultiplyHigh(difference, Vector128.Create(factor)) + Vector128<short>.One) >> 1;

    /// <summary>What pairs of differences add to green, rounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Greens(Vector128<short> pairs) =>
        (JpegLanes.MultiplyAddPairs(pairs, JpegLanes.Pairs(GreenOfCb, GreenOfCr)) + Vector128.Create(1 << 15)) >> 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Clamp(Vector128<short> value) =>
        Vector128.Min(Vector128.Max(value, Vector128<short>.Zero), Vector128.Create((short)255));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(Vector128<short> red, Vector128<short> green, Vector128<short> blue, Span<byte> pixels)
    {
        var (redGreen, blueOpaque) = (red | green << 8, blue | Vector128.Create(unchecked((short)0xFF00)));
        JpegLanes.ZipLow(redGreen, blueOpaque).AsByte().CopyTo(pixels);
        JpegLanes.ZipHigh(redGreen, blueOpaque).AsByte().CopyTo(pixels[Vector128<byte>.Count..]);
    }
}
