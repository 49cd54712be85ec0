using System.Buffers.Binary;

namespace TransferKit.Vision;

/// <summary>
/// What a JPEG defines for the scans that follow (ITU T.81, B.2.4): tables, and how often decoding starts anew.
/// </summary>
internal sealed class JpegTables
{
    /// <summary>Tables of each kind that a file may have at a time.</summary>
    public const int Count = 4;

    private const byte HuffmanTables = 0xC4, QuantizationTables = 0xDB, RestartInterval = 0xDD, Comment = 0xFE;
    private const byte FirstApplication = 0xE0, LastApplication = 0xEF;

    private readonly short[]?[] _quantization = new short[Count][];
    private readonly JpegHuffman[] _dc = [new(), new(), new(), new()];
    private readonly JpegHuffman[] _ac = [new(), new(), new(), new()];

    /// <summary>MCUs from one restart marker to the next; 0: there are none.</summary>
    public int McusPerRestart { get; private set; }

    /// <summary>Forgets what another file defined.</summary>
    public void Clear()
    {
        McusPerRestart = 0;
        _quantization.AsSpan().Clear();
        foreach (var table in _dc.Concat(_ac))
            table.Clear();
    }

    /// <summary>A table of 64 factors in rows, not in zigzag order; null if none was defined.</summary>
    public short[]? Quantization(int table) => _quantization[table];

    /// <summary>The codes of DC differences.</summary>
    public JpegHuffman Dc(int table) => _dc[table];

    /// <summary>The codes of AC coefficients.</summary>
    public JpegHuffman Ac(int table) => _ac[table];

    /// <summary>Whether segments of a marker define something, or may be passed over.</summary>
    public static bool Knows(byte marker) => marker is HuffmanTables or QuantizationTables or RestartInterval or Comment
        or >= FirstApplication and <= LastApplication;

    /// <summary>Reads a segment whose marker is known; false if it has an oddity.</summary>
    public bool TryRead(byte marker, ReadOnlySpan<byte> content)
    {
        switch (marker)
        {
            case HuffmanTables:
                return TryReadHuffman(content);
            case QuantizationTables:
                return TryReadQuantization(content);
            case RestartInterval:
                McusPerRestart = content.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(content) : 0;
                return content.Length == 2;
            default:
                return true;
        }
    }

    private bool TryReadQuantization(ReadOnlySpan<byte> content)
    {
        // A number below 16 is also one of a table whose factors have 8 bits.
        const int length = 1 + JpegZigzag.Length;
        for (; content is [< Count and var table, ..] && content.Length >= length; content = content[length..])
        {
            var factors = _quantization[table] = new short[JpegZigzag.Length];
            for (var i = 0; i < JpegZigzag.Length; i++)
                factors[JpegZigzag.Order[i]] = content[1 + i];
        }

        return content.IsEmpty;
    }

    private bool TryReadHuffman(ReadOnlySpan<byte> content)
    {
        const int lengths = 16, symbolsAt = 1 + lengths;
        while (content.Length >= symbolsAt)
        {
            var (kind, table) = (content[0] >> 4, content[0] & 15);
            var counts = content.Slice(1, lengths);
            var total = 0;
            foreach (var count in counts)
                total += count;
            if (kind > 1 || table >= Count || total > 256 || content.Length < symbolsAt + total
                || !(kind == 0 ? _dc : _ac)[table].TryDefine(counts, content.Slice(symbolsAt, total), isDc: kind == 0))
                return false;
            content = content[(symbolsAt + total)..];
        }

        return content.IsEmpty;
    }
}
