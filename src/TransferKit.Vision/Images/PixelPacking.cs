using System.Runtime.Intrinsics;

namespace TransferKit.Vision;

/// <summary>Turns pixels of three bytes into pixels of four and back.</summary>
internal static unsafe class PixelPacking
{
    /// <summary>Spreads pixels from three bytes to four. Reads one byte more than they have.</summary>
    public static void Unpack(byte* source, uint* target, int count)
    {
        var spread = Vector128.Create((byte)0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255);
        var x = 0;
        // A vector holds five pixels and a byte, of which four pixels are used.
        for (; x <= count - 5; x += 4)
            Vector128.Shuffle(Vector128.Load(source + 3 * x), spread).Store((byte*)(target + x));
        for (; x < count; x++)
            target[x] = *(uint*)(source + 3 * x) & 0xFFFFFF;
    }

    /// <summary>Closes pixels up from four bytes to three. Writes one byte more than they then have.</summary>
    public static void Pack(uint* source, byte* target, int count)
    {
        for (var x = 0; x < count; x++)
            *(uint*)(target + 3 * x) = source[x];
    }
}
