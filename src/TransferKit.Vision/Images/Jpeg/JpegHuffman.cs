using System.Runtime.CompilerServices;

namespace TransferKit.Vision;

/// <summary>
/// A table of Huffman codes (ITU T.81, annex C), for bits that begin at the top of 64. What a code says is an <em>entry</em>: in
/// bits 0 to 5 its length with that of the number which follows it, in bits 8 to 11 its run of zeros, in bits 12 to 15 the size
/// of the number, in bits 16 to 20 its own length.
/// </summary>
internal sealed class JpegHuffman
{
    private const int LookupBits = 10, LongestCode = 16;
    private const int MostDcBits = 11, MostAcBits = 10; // of 8-bit pictures

    private readonly int[] _entries = new int[1 << LookupBits];
    private readonly byte[] _symbols = new byte[256];

    // By length: the 16 bits that follow the last code, and what leads from a code to its symbol.
    private readonly int[] _limits = new int[LongestCode + 1];
    private readonly int[] _offsets = new int[LongestCode + 1];

    public bool IsDefined { get; private set; }

    /// <summary>Bits of a code and of the number that follows it, at most 27.</summary>
    public static int TotalLength(int entry) => entry & 63;

    /// <summary>Zeros before a coefficient.</summary>
    public static int Run(int entry) => entry >> 8 & 15;

    /// <summary>Bits of the number that follows a code.</summary>
    public static int Size(int entry) => entry >> 12 & 15;

    /// <summary>Bits of a code.</summary>
    public static int CodeLength(int entry) => entry >> 16;

    /// <summary>The number that so many bits at the top of 64 stand for (table F.1 and figure F.12).</summary>
    /// <param name="bits">Where the number begins at the top.</param>
    /// <param name="size">How many bits it has, 0 to 15.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Extend(ulong bits, int size)
    {
        var number = (int)(bits >> 1 >> (63 - size));
        // One whose first bit is 0 is negative.
        return number + (~(int)((long)bits >> 63) & ((-1 << size) + 1));
    }

    public void Clear() => IsDefined = false;

    /// <summary>Makes the table; false if there are more codes than fit, or symbols that 8-bit pictures don't have.</summary>
    /// <param name="counts">How many codes there are of each length, 1 to 16.</param>
    /// <param name="symbols">What they stand for, shortest first.</param>
    /// <param name="isDc">Whether they are sizes of DC differences, and not runs and sizes.</param>
    public bool TryDefine(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols, bool isDc)
    {
        foreach (var symbol in symbols)
            if (isDc ? symbol > MostDcBits : (symbol & 15) > MostAcBits)
                return false;
        symbols.CopyTo(_symbols);
        _entries.AsSpan().Clear();
        var (code, next) = (0, 0);
        for (var length = 1; length <= LongestCode; length++)
        {
            _offsets[length] = next - code;
            var end = code + counts[length - 1];
            // A code of ones alone isn't allowed.
            if (end >= 1 << length)
                return false;
            for (; code < end; code++, next++)
                if (LookupBits - length is >= 0 and var rest)
                    _entries.AsSpan(code << rest, 1 << rest).Fill(Entry(symbols[next], length));
            _limits[length] = code << (LongestCode - length);
            code <<= 1;
        }

        return IsDefined = true;
    }

    /// <summary>The entry of the code at the top of some bits; 0 if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Look(ulong bits)
    {
        var entry = _entries[(int)(bits >> (64 - LookupBits))];
        return entry != 0 ? entry : LookLong(bits);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int LookLong(ulong bits)
    {
        var ahead = (int)(bits >> (64 - LongestCode));
        for (var length = LookupBits + 1; length <= LongestCode; length++)
            if (ahead < _limits[length])
                return Entry(_symbols[(ahead >> (LongestCode - length)) + _offsets[length]], length);
        return 0;
    }

    private static int Entry(byte symbol, int length) =>
        length << 16 | (symbol & 15) << 12 | (symbol >> 4) << 8 | length + (symbol & 15);
}
