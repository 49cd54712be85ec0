using System.IO.Compression;

namespace TransferKit;

/// <summary>A run of bytes in a weights file that tensors are views of, or that a pickle is read from.</summary>
internal abstract class Storage(FileBytes file, long length)
{
    public FileBytes File { get; } = file;

    public long Length { get; } = length;

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on.</summary>
    public abstract void Read(long offset, Span<byte> destination);

    /// <summary>Makes sure that the whole run has its checksum, where the format has one.</summary>
    public abstract void Verify();

    protected void CheckRange(long offset, int count)
    {
        if (offset < 0 || offset > Length - count)
            throw File.Damaged($"bytes {offset} to {offset + count} are wanted of a run of {Length}");
    }
}

/// <summary>Bytes that lie in the file as they are.</summary>
/// <remarks>
/// Reading from front to end computes the checksum on the way, while the bytes are in the processor's cache;
/// <see cref="Verify"/> then has nothing left to read.
/// </remarks>
internal sealed class PlainStorage : Storage
{
    private readonly long _start;
    private readonly uint? _checksum;
    private uint _running;
    private long _checkedTo;

    public PlainStorage(FileBytes file, long start, long length, uint? checksum = null)
        : base(file, length)
    {
        if (start < 0 || length < 0 || start > file.Length - length)
            throw new WeightsException(
                file.Path,
                $"is cut off at {file.Length} bytes: {length} bytes are needed from byte {start} on. Fetch it again.");

        _start = start;
        _checksum = checksum;
    }

    public override void Read(long offset, Span<byte> destination)
    {
        CheckRange(offset, destination.Length);
        File.Read(_start + offset, destination);
        if (_checksum is not null && offset == _checkedTo)
        {
            _running = Crc32.Append(_running, destination);
            _checkedTo += destination.Length;
            if (_checkedTo == Length && _running != _checksum)
            {
                _checkedTo = 0;
                _running = 0;
                throw File.Damaged($"the {Length} bytes at {_start} do not have their checksum; fetch it again");
            }
        }
    }

    public override void Verify()
    {
        if (_checksum is null || _checkedTo == Length)
            return;
        var buffer = new byte[(int)Math.Min(Length - _checkedTo, 1 << 18)];
        while (_checkedTo < Length)
            Read(_checkedTo, buffer.AsSpan(0, (int)Math.Min(Length - _checkedTo, buffer.Length)));
    }
}

/// <summary>
/// Bytes that lie deflated in the file. They are inflated as a whole at the first use, and given up when memory is short.
/// </summary>
internal sealed class DeflatedStorage : Storage
{
    /// <summary>PyTorch never deflates, so big deflated tensors are more likely a bomb than weights.</summary>
    private const long MaxLength = 1L << 29;

    /// <summary>Deflate cannot do better than this (RFC 1951: 258 bytes for two bits).</summary>
    private const long MaxRatio = 1032;

    private readonly PlainStorage _deflated;
    private readonly uint? _checksum;
    private readonly WeakReference<byte[]> _inflated = new([]);

    public DeflatedStorage(PlainStorage deflated, long length, uint? checksum)
        : base(deflated.File, length)
    {
        if (length > MaxLength || length / MaxRatio > deflated.Length)
            throw File.Damaged($"{deflated.Length} compressed bytes claim to hold {length}");
        _deflated = deflated;
        _checksum = checksum;
    }

    public override void Read(long offset, Span<byte> destination)
    {
        CheckRange(offset, destination.Length);
        Inflated().AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    public override void Verify() => Inflated();

    private byte[] Inflated()
    {
        if (_inflated.TryGetTarget(out var bytes) && bytes.Length == Length)
            return bytes;
        var source = new byte[_deflated.Length];
        _deflated.Read(0, source);
        bytes = new byte[Length];
        try
        {
            using var stream = new DeflateStream(new MemoryStream(source), CompressionMode.Decompress);
            stream.ReadExactly(bytes);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new WeightsException(File.Path, $"is damaged: a compressed part cannot be inflated ({error.Message}).", error);
        }

        if (_checksum is not null && Crc32.Append(0, bytes) != _checksum)
            throw File.Damaged("a compressed part does not have its checksum; fetch it again");
        _inflated.SetTarget(bytes);
        return bytes;
    }
}
