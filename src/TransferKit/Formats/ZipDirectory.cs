using System.Buffers.Binary;
using System.Text;

namespace TransferKit;

/// <summary>
/// The table of contents of a zip file (PKWARE APPNOTE 6.3), with Zip64. .NET's own ZipArchive does not tell where an
/// entry's bytes lie, which is what reading tensors in place needs.
/// </summary>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054B50;
    private const uint Zip64LocatorSignature = 0x07064B50;
    private const uint Zip64EndSignature = 0x06064B50;
    private const uint EntrySignature = 0x02014B50;
    private const uint LocalSignature = 0x04034B50;
    private const int MaxEntries = 1 << 18;
    private const int MaxDirectoryBytes = 1 << 27;

    private readonly FileBytes _file;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private ZipDirectory(FileBytes file) => _file = file;

    public IEnumerable<string> Names => _entries.Keys;

    public static ZipDirectory Read(FileBytes file)
    {
        var directory = new ZipDirectory(file);
        directory.ReadEntries();
        return directory;
    }

    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>The bytes of an entry.</summary>
    public Storage Open(string name)
    {
        if (!_entries.TryGetValue(name, out var entry))
            throw _file.Damaged($"it has no part named '{name}'");
        Span<byte> header = stackalloc byte[30];
        _file.Read(entry.LocalHeader, header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalSignature)
            throw _file.Damaged($"the part '{name}' is not at byte {entry.LocalHeader}, where the table of contents has it");
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        var start = entry.LocalHeader + header.Length + nameLength + extraLength;

        // Zero stands for "not computed": torch.save leaves it when told not to compute checksums.
        var checksum = entry.Checksum == 0 ? (uint?)null : entry.Checksum;
        return entry.Method switch
        {
            0 when entry.Compressed == entry.Length => new PlainStorage(_file, start, entry.Length, checksum),
            8 => new DeflatedStorage(new PlainStorage(_file, start, entry.Compressed), entry.Length, checksum),
            _ => throw _file.Damaged($"the part '{name}' is compressed by an unknown method ({entry.Method})"),
        };
    }

    private void ReadEntries()
    {
        var (start, length, count) = FindDirectory();
        if (count > MaxEntries || length > MaxDirectoryBytes || start < 0 || length < 0 || start > _file.Length - length)
            throw _file.Damaged($"its table of contents claims {count} parts in {length} bytes at byte {start}");
        var bytes = new byte[length];
        _file.Read(start, bytes);
        ReadOnlySpan<byte> rest = bytes;
        for (long i = 0; i < count; i++)
        {
            var (name, entry, size) = ReadEntry(rest);
            if (!_entries.TryAdd(name, entry))
                throw _file.Damaged($"it has two parts named '{name}'");
            rest = rest[size..];
        }
    }

    private (string Name, Entry Entry, int Size) ReadEntry(ReadOnlySpan<byte> bytes)
    {
        const int FixedSize = 46;
        if (bytes.Length < FixedSize || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != EntrySignature)
            throw _file.Damaged("its table of contents is broken");
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        long compressed = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[30..]);
        var commentLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[32..]);
        long header = BinaryPrimitives.ReadUInt32LittleEndian(bytes[42..]);
        var size = FixedSize + nameLength + extraLength + commentLength;
        if (bytes.Length < size)
            throw _file.Damaged("its table of contents is broken");
        var name = Encoding.UTF8.GetString(bytes.Slice(FixedSize, nameLength));
        ReadZip64(bytes.Slice(FixedSize + nameLength, extraLength), ref length, ref compressed, ref header);
        if ((flags & 1) != 0)
            throw new WeightsException(_file.Path, $"is an encrypted zip file (the part '{name}'): decrypt it first.");
        if (length < 0 || compressed < 0 || header < 0 || header > _file.Length)
            throw _file.Damaged($"the part '{name}' is said to lie outside the file");
        return (name, new Entry(header, compressed, length, method, checksum), size);
    }

    /// <summary>Sizes that do not fit 32 bits stand in an extra field, in this order, each only where needed.</summary>
    private static void ReadZip64(ReadOnlySpan<byte> extra, ref long length, ref long compressed, ref long header)
    {
        while (extra.Length >= 4)
        {
            var id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            var size = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - 4);
            var field = extra.Slice(4, size);
            if (id == 1)
            {
                Take(ref field, ref length);
                Take(ref field, ref compressed);
                Take(ref field, ref header);
            }

            extra = extra[(4 + size)..];
        }

        static void Take(ref ReadOnlySpan<byte> field, ref long value)
        {
            if (value == uint.MaxValue && field.Length >= 8)
            {
                value = BinaryPrimitives.ReadInt64LittleEndian(field);
                field = field[8..];
            }
        }
    }

    private (long Start, long Length, long Count) FindDirectory()
    {
        const int EndSize = 22;
        const int MaxComment = ushort.MaxValue;
        var tail = new byte[(int)Math.Min(_file.Length, EndSize + MaxComment)];
        _file.Read(_file.Length - tail.Length, tail);
        for (var i = tail.Length - EndSize; i >= 0; i--)
        {
            var end = tail.AsSpan(i);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) == EndSignature)
                return FindZip64Directory(_file.Length - tail.Length + i) ?? (
                    BinaryPrimitives.ReadUInt32LittleEndian(end[16..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(end[12..]),
                    BinaryPrimitives.ReadUInt16LittleEndian(end[10..]));
        }

        throw new WeightsException(_file.Path, $"is a zip file that is cut off after {_file.Length} bytes. Fetch it again.");
    }

    private (long Start, long Length, long Count)? FindZip64Directory(long end)
    {
        Span<byte> locator = stackalloc byte[20];
        if (end < locator.Length)
            return null;
        _file.Read(end - locator.Length, locator);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != Zip64LocatorSignature)
            return null;
        Span<byte> record = stackalloc byte[56];
        var place = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        if (place < 0 || place > _file.Length - record.Length)
            throw _file.Damaged($"its table of contents is said to lie at byte {place}");
        _file.Read(place, record);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != Zip64EndSignature)
            throw _file.Damaged($"its table of contents is not at byte {place}, where it is said to be");
        return (
            BinaryPrimitives.ReadInt64LittleEndian(record[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[32..]));
    }

    /// <param name="LocalHeader">Where the entry's own header lies; its bytes follow.</param>
    /// <param name="Compressed">Bytes in the file.</param>
    /// <param name="Length">Bytes of the content.</param>
    /// <param name="Method">0 stored, 8 deflated.</param>
    /// <param name="Checksum">CRC-32 of the content.</param>
    private readonly record struct Entry(long LocalHeader, long Compressed, long Length, ushort Method, uint Checksum);
}
