namespace TransferKit.Fuzz;

/// <summary>What is changed in a file: some bytes, and perhaps its length.</summary>
/// <param name="Edits">Places, and the bytes that are put there.</param>
/// <param name="Length">The file's length, at most the original's.</param>
internal sealed record Mutation(IReadOnlyList<(int Place, byte[] Bytes)> Edits, int Length)
{
    /// <summary>Numbers that lengths, counts, offsets and opcodes are wrong by.</summary>
    private static readonly long[] Interesting =
    [
        0, 1, -1, 2, 127, 128, 255, 256, 32767, 65535, 65536,
        int.MaxValue, int.MinValue, uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue,
    ];

    /// <summary>The opcodes of pickles: the likeliest way to make another valid one.</summary>
    public static readonly byte[] PickleOpcodes =
    [
        .. "(.0123FNIJKMLBTUXCcbRQaed}l]sugpqrhjtioi{)"u8,
        0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x93, 0x94, 0x95,
    ];

    /// <summary>The bytes of which markers and the headers of frames and scans of JPEGs are made.</summary>
    public static readonly byte[] JpegBytes =
    [
        0xFF, 0xC0, 0xC1, 0xC2, 0xC4, 0xC9, 0xCC, 0xD0, 0xD1, 0xD2, 0xD7, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xE0, 0xEE, 0xFE,
        0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x11, 0x12, 0x21, 0x22, 0x3F,
    ];

    /// <summary>The mutation of a number: the same for the same file and seed.</summary>
    /// <param name="whole">The file.</param>
    /// <param name="seed">Of all mutations.</param>
    /// <param name="number">Which of them.</param>
    /// <param name="meaningful">Bytes that are likely to make something valid.</param>
    public static Mutation Of(ReadOnlySpan<byte> whole, int seed, int number, ReadOnlySpan<byte> meaningful)
    {
        var random = new Random(HashCode(seed, number));
        var length = random.Next(12) == 0 ? random.Next(whole.Length) : whole.Length;
        var edits = new List<(int, byte[])>();
        for (var count = random.Next(2) == 0 ? 1 : random.Next(2, 6); count > 0; count--)
            edits.Add(Edit(whole, random, meaningful));
        return new Mutation(edits, length);
    }

    private static (int Place, byte[] Bytes) Edit(ReadOnlySpan<byte> whole, Random random, ReadOnlySpan<byte> meaningful)
    {
        var place = Place(whole.Length, random);
        var bytes = random.Next(7) switch
        {
            0 => [(byte)(whole[place] ^ (1 << random.Next(8)))],
            1 => [(byte)random.Next(256)],
            2 => [meaningful[random.Next(meaningful.Length)]],
            3 => BitConverter.GetBytes((ushort)Interesting[random.Next(Interesting.Length)]),
            4 => BitConverter.GetBytes((uint)Interesting[random.Next(Interesting.Length)]),
            5 => BitConverter.GetBytes(Interesting[random.Next(Interesting.Length)]),
            _ => Copied(whole, random),
        };
        return (place, bytes[..Math.Min(bytes.Length, whole.Length - place)]);
    }

    /// <summary>A run from elsewhere in the file.</summary>
    private static byte[] Copied(ReadOnlySpan<byte> whole, Random random)
    {
        var from = Place(whole.Length, random);
        return whole.Slice(from, Math.Min(random.Next(1, 200), whole.Length - from)).ToArray();
    }

    /// <summary>Mostly near the beginning or the end, where the formats keep what describes the rest.</summary>
    private static int Place(int length, Random random)
    {
        const int Near = 1 << 15;
        var near = Math.Min(Near, length);
        return random.Next(8) switch
        {
            < 4 => random.Next(near),
            < 7 => length - 1 - random.Next(near),
            _ => random.Next(length),
        };
    }

    /// <summary>System.HashCode differs from run to run.</summary>
    private static int HashCode(int seed, int number) => unchecked((seed * 1_000_003) ^ (number * 16_777_619));
}
