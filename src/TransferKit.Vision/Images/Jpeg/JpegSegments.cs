using System.Buffers.Binary;

namespace TransferKit.Vision;

/// <summary>
/// Walks over the segments of a JPEG (ITU T.81, annex B) up to the end of the first image, passing over the entropy-coded data
/// between them.
/// </summary>
internal ref struct JpegSegments(ReadOnlySpan<byte> file)
{
    public const byte EndOfImage = 0xD9, StartOfScan = 0xDA, Application1 = 0xE1;

    private const byte StartOfImage = 0xD8;

    // The marker that begins the image stands alone.
    private ReadOnlySpan<byte> _rest = file.StartsWith<byte>([0xFF, StartOfImage]) ? file[2..] : file;

    /// <summary>The second byte of the current segment's marker.</summary>
    public byte Marker { get; private set; }

    /// <summary>What the current segment holds, without marker and length.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>What follows the current segment: after a scan's header, its entropy-coded data.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Whether something was passed over that doesn't belong between segments.</summary>
    public bool HasStrays { get; private set; }

    /// <summary>
    /// Whether the current segment begins a frame: has its precision, size and channels. The marker tells how the frame is coded.
    /// </summary>
    public readonly bool IsFrame => Marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    /// <summary>Goes on to the next segment; false at the end of the image, and where the file ends too early.</summary>
    public bool MoveNext()
    {
        const byte temporary = 0x01, firstRestart = 0xD0, lastRestart = 0xD7;
        var isInScan = Marker == StartOfScan;
        while (_rest.IndexOf((byte)0xFF) is >= 0 and var prefix)
        {
            HasStrays |= prefix > 0 && !isInScan;
            _rest = _rest[(prefix + 1)..].TrimStart((byte)0xFF);
            if (_rest.IsEmpty)
                break;
            Marker = _rest[0];
            _rest = _rest[1..];
            if (Marker == EndOfImage)
                return false;
            if (Marker is 0 or temporary or >= firstRestart and <= StartOfImage)
            {
                // A stuffed byte, or a marker that stands alone.
                HasStrays |= !isInScan || Marker is temporary or > lastRestart;
                continue;
            }

            if (_rest.Length < 2)
                break;
            var length = BinaryPrimitives.ReadUInt16BigEndian(_rest);
            if (length < 2 || length > _rest.Length)
                break;
            Content = _rest[2..length];
            _rest = _rest[length..];
            return true;
        }

        Marker = 0;
        return false;
    }
}
