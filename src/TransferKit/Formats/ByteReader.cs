using System.Buffers.Binary;
using System.Text;

namespace TransferKit;

/// <summary>Reads a storage from front to end, little-endian; whatever length the file itself tells is bounded.</summary>
internal sealed class ByteReader(Storage storage, long position = 0, int bufferSize = 1 << 16)
{
    private const int MaxText = 1 << 24;
    private readonly byte[] _buffer = new byte[(int)Math.Min(storage.Length, bufferSize)];
    private long _bufferStart = position;
    private int _bufferLength;
    private int _next;

    public Storage Storage => storage;

    public long Position => _bufferStart + _next;

    public long Remaining => storage.Length - Position;

    public byte ReadByte()
    {
        if (_next == _bufferLength)
            Refill();
        return _buffer[_next++];
    }

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Read(stackalloc byte[2]));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Read(stackalloc byte[4]));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Read(stackalloc byte[4]));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Read(stackalloc byte[8]));

    public double ReadDoubleBigEndian() => BinaryPrimitives.ReadDoubleBigEndian(Read(stackalloc byte[8]));

    /// <summary>A number of 7 bits a byte, the lowest first: .NET's and protobuf's variable-length integer.</summary>
    public ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = ReadByte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }

        throw storage.File.Damaged($"a number before byte {Position} has no end");
    }

    public byte[] ReadBytes(ulong length)
    {
        if (length > (ulong)Remaining || length > MaxText)
            throw storage.File.Damaged($"{length} bytes of text are announced at byte {Position} of {storage.Length}");
        var bytes = new byte[length];
        Read(bytes);
        return bytes;
    }

    public string ReadText(ulong length) => Encoding.UTF8.GetString(ReadBytes(length));

    /// <summary>Text up to a line feed, which is read and left out.</summary>
    public string ReadLine()
    {
        const int MaxLine = 1024;
        var line = new StringBuilder();
        for (var value = ReadByte(); value != (byte)'\n'; value = ReadByte())
        {
            if (line.Append((char)value).Length > MaxLine)
                throw storage.File.Damaged($"a name before byte {Position} has no end");
        }

        return line.ToString();
    }

    public void Skip(long count)
    {
        if (count < 0 || count > Remaining)
            throw storage.File.Damaged($"{count} bytes are announced at byte {Position} of {storage.Length}");
        if (count <= _bufferLength - _next)
        {
            _next += (int)count;
            return;
        }

        _bufferStart = Position + count;
        _bufferLength = _next = 0;
    }

    private Span<byte> Read(Span<byte> destination)
    {
        for (var done = 0; done < destination.Length;)
        {
            if (_next == _bufferLength)
                Refill();
            var count = Math.Min(destination.Length - done, _bufferLength - _next);
            _buffer.AsSpan(_next, count).CopyTo(destination[done..]);
            _next += count;
            done += count;
        }

        return destination;
    }

    private void Refill()
    {
        _bufferStart = Position;
        _next = 0;
        _bufferLength = (int)Math.Min(_buffer.Length, storage.Length - _bufferStart);
        if (_bufferLength <= 0)
            throw storage.File.Damaged($"it ends in the middle of a part, after {storage.Length} bytes");
        storage.Read(_bufferStart, _buffer.AsSpan(0, _bufferLength));
    }
}
