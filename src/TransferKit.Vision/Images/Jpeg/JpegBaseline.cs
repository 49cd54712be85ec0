using System.Runtime.CompilerServices;

namespace TransferKit.Vision;

/// <summary>Reads the blocks of a scan that has them whole (ITU T.81, F.2).</summary>
internal static class JpegBaseline
{
    /// <summary>No DC coefficient of an 8-bit picture is greater.</summary>
    private const int GreatestDc = 2047;

    /// <summary>A place that no block ends at.</summary>
    private const int Nowhere = 1000;

    /// <summary>Reads a block.</summary>
    /// <param name="source">The scan's bits.</param>
    /// <param name="dc">The codes of DC differences.</param>
    /// <param name="ac">The codes of AC coefficients.</param>
    /// <param name="prediction">The component's last DC coefficient, then this block's.</param>
    /// <param name="block">64 zeros, which become coefficients row by row.</param>
    /// <returns>How many coefficients were read, in zigzag order: 1 if there is none but DC. 0: the bits make no sense.</returns>
    public static int ReadBlock(
        ref JpegBits source, JpegHuffman dc, JpegHuffman ac, ref int prediction, scoped Span<short> block)
    {
        if (!TryReadDc(ref source, dc, ref prediction))
            return 0;
        block[0] = (short)prediction;
        var (bits, count, place) = (source.Bits, source.Count, 1);
        do
            (bits, count) = source.Fill(bits, count);
        while (TryReadAc(ac, ref bits, ref count, ref place, block) && TryReadAc(ac, ref bits, ref count, ref place, block));
        (source.Bits, source.Count) = (bits, count);
        return place <= JpegZigzag.Length ? place : 0;
    }

    /// <summary>Passes over a block that isn't needed, except for its DC coefficient.</summary>
    /// <returns>Whether the bits make sense.</returns>
    public static bool TrySkipBlock(ref JpegBits source, JpegHuffman dc, JpegHuffman ac, ref int prediction)
    {
        if (!TryReadDc(ref source, dc, ref prediction))
            return false;
        var (bits, count, place) = (source.Bits, source.Count, 1);
        do
            (bits, count) = source.Fill(bits, count);
        while (TrySkipAc(ac, ref bits, ref count, ref place) && TrySkipAc(ac, ref bits, ref count, ref place));
        (source.Bits, source.Count) = (bits, count);
        return place <= JpegZigzag.Length;
    }

    /// <summary>Reads a DC coefficient's difference and adds it to the last one; false if the bits make no sense.</summary>
    public static bool TryReadDc(ref JpegBits bits, JpegHuffman dc, ref int prediction)
    {
        var entry = bits.ReadEntry(dc, out var difference);
        prediction += difference;
        return entry != 0 && Math.Abs(prediction) <= GreatestDc;
    }

    /// <summary>Reads a coefficient behind a run of zeros; false if it was the block's last one, or there was no more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadAc(JpegHuffman ac, ref ulong bits, ref int count, ref int place, scoped Span<short> block)
    {
        var number = bits;
        var entry = Skip(ac, ref bits, ref count);
        if (JpegHuffman.Size(entry) == 0)
            return TryGoOn(entry, ref place);
        place += JpegHuffman.Run(entry);
        block[JpegZigzag.Order[place++]] =
            (short)JpegHuffman.Extend(number << JpegHuffman.CodeLength(entry), JpegHuffman.Size(entry));
        return place < JpegZigzag.Length;
    }

    /// <summary>The same without the coefficient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TrySkipAc(JpegHuffman ac, ref ulong bits, ref int count, ref int place)
    {
        var entry = Skip(ac, ref bits, ref count);
        if (JpegHuffman.Size(entry) == 0)
            return TryGoOn(entry, ref place);
        place += JpegHuffman.Run(entry) + 1;
        return place < JpegZigzag.Length;
    }

    /// <summary>Passes over a code and its number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Skip(JpegHuffman ac, ref ulong bits, ref int count)
    {
        var entry = ac.Look(bits);
        bits <<= JpegHuffman.TotalLength(entry);
        count -= JpegHuffman.TotalLength(entry);
        return entry;
    }

    /// <summary>After a code without a number: sixteen zeros, or the end of the block, if it makes sense at all.</summary>
    private static bool TryGoOn(int entry, ref int place)
    {
        if (JpegHuffman.Run(entry) == 15)
            place += 16;
        else if (entry == 0 || JpegHuffman.Run(entry) != 0)
            place = Nowhere;
        else
            return false;
        return place < JpegZigzag.Length;
    }
}
