using System.Buffers.Binary;

namespace TransferKit.Vision;

/// <summary>Walks over the chunks of a WebP, which lie in a RIFF container.</summary>
internal ref struct WebPChunks(ReadOnlySpan<byte> file)
{
    private const int ContainerHeader = 12;

    private ReadOnlySpan<byte> _rest = file[Math.Min(ContainerHeader, file.Length)..];

    /// <summary>The current chunk's type, four letters.</summary>
    public ReadOnlySpan<byte> Type { get; private set; }

    /// <summary>What the current chunk holds.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Whether the file is as long as the container says.</summary>
    public static bool AreComplete(ReadOnlySpan<byte> file) =>
        file.Length >= ContainerHeader && 8L + BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) <= file.Length;

    /// <summary>Goes on to the next chunk; false where there is no whole one any more.</summary>
    public bool MoveNext()
    {
        const int header = 8;
        if (_rest.Length < header)
            return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_rest[4..]);
        if (length > _rest.Length - header)
            return false;
        Type = _rest[..4];
        Content = _rest.Slice(header, (int)length);
        // Chunks begin at even places.
        _rest = _rest[Math.Min(header + (int)length + (int)(length & 1), _rest.Length)..];
        return true;
    }
}
