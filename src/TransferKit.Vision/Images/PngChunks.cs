using System.Buffers.Binary;

namespace TransferKit.Vision;

/// <summary>Walks over the chunks of a PNG.</summary>
internal ref struct PngChunks(ReadOnlySpan<byte> file)
{
    private const int Signature = 8;

    private ReadOnlySpan<byte> _rest = file[Math.Min(Signature, file.Length)..];

    /// <summary>The current chunk's type, four letters.</summary>
    public ReadOnlySpan<byte> Type { get; private set; }

    /// <summary>What the current chunk holds.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Whether the file reaches its last chunk.</summary>
    public static bool AreComplete(ReadOnlySpan<byte> file)
    {
        var chunks = new PngChunks(file);
        while (chunks.MoveNext())
        {
            if (chunks.Type.SequenceEqual("IEND"u8))
                return true;
        }

        return false;
    }

    /// <summary>Goes on to the next chunk; false where there is no whole one any more.</summary>
    public bool MoveNext()
    {
        const int header = 8, checksum = 4;
        if (_rest.Length < header + checksum)
            return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        if (length > _rest.Length - header - checksum)
            return false;
        Type = _rest.Slice(4, 4);
        Content = _rest.Slice(header, (int)length);
        _rest = _rest[(header + (int)length + checksum)..];
        return true;
    }
}
