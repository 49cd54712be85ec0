using System.Globalization;
using System.Numerics;

namespace TransferKit;

/// <summary>
/// PyTorch's format before 1.6: five pickles (a magic number, the protocol, the machine, the state_dict, the storages'
/// keys), then every storage as its number of elements and their bytes.
/// </summary>
internal static class PyTorchLegacy
{
    private const long Protocol = 1001;

    /// <summary>Python's 0x1950a86a20f9469cfc6c, as a pickle of protocol 2 begins with it.</summary>
    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", CultureInfo.InvariantCulture);
    private static ReadOnlySpan<byte> Start =>
        [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];

    public static bool Recognizes(ReadOnlySpan<byte> start) => start.StartsWith(Start);

    public static IReadOnlyDictionary<string, StoredTensor> Read(FileBytes file)
    {
        var whole = new PlainStorage(file, 0, file.Length);
        var reader = new ByteReader(whole);
        if (Unpickler.Read(reader) is not BigInteger magic || magic != Magic || Unpickler.Read(reader) is not Protocol)
            throw file.Damaged("it begins as PyTorch's old format and goes on otherwise");
        CheckByteOrder(Unpickler.Read(reader), file);

        // The state_dict comes before the storages' places are known: read it once to find those, and once more with them.
        var stateDict = reader.Position;
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        Unpickler.Read(reader, id => Skim(id));
        var places = FindStorages(reader, sizes, file);
        var root = Unpickler.Read(new ByteReader(whole, stateDict), id => Resolve(id));
        return StateDict.Find(root, file);

        object? Skim(object?[] id)
        {
            var (type, key, _, _) = Describe(id, file);
            if (ElementSize(type.Name) is { } size && !sizes.TryAdd(key, size) && sizes[key] != size)
                throw file.Damaged($"storage {key} has elements of two sizes");
            return new PickleObject(type);
        }

        object? Resolve(object?[] id)
        {
            var (type, key, count, offset) = Describe(id, file);
            if (ElementTypes.OfStorage(type.Name) is not { } element)
                return new PickleObject(type);
            if (!places.TryGetValue(key, out var place) || count < 0 || offset < 0)
                throw file.Damaged($"storage {key} is described and is not there");
            var size = element.SizeInBytes();
            if ((Int128)(offset + (Int128)count) * size > place.Length)
                throw file.Damaged($"storage {key} should hold {count} elements from {offset} on and has {place.Length} bytes");
            return new PickleStorage(new PlainStorage(file, place.Start + (offset * size), count * size), element);
        }
    }

    private static Dictionary<string, (long Start, long Length)> FindStorages(
        ByteReader reader, Dictionary<string, long> sizes, FileBytes file)
    {
        if (Unpickler.Read(reader) is not List<object?> keys)
            throw file.Damaged("it has no list of storages");
        var places = new Dictionary<string, (long, long)>(StringComparer.Ordinal);
        foreach (var item in keys)
        {
            if (item is not string key || !sizes.TryGetValue(key, out var size))
                throw file.Damaged("its list of storages has one that no tensor uses");
            var count = reader.ReadInt64();
            if (count < 0 || count > reader.Remaining / size)
                throw new WeightsException(
                    file.Path,
                    $"is cut off: storage {key} needs {count} elements of {size} bytes, {reader.Remaining} bytes are left. "
                        + "Fetch it again.");

            if (!places.TryAdd(key, (reader.Position, count * size)))
                throw file.Damaged($"storage {key} is there twice");
            reader.Skip(count * size);
        }

        return places;
    }

    /// <summary>("storage", class, key, device, count, null or (key, offset, count) of a view).</summary>
    private static (PickleGlobal Type, string Key, long Count, long Offset) Describe(object?[] id, FileBytes file)
    {
        if (id is not ["storage", PickleGlobal type, string key, _, long count, ..] || !PickleGlobals.IsStorage(type))
            throw file.Damaged("it describes a storage wrongly");
        return id is [.., PickleTuple { Items: [_, long offset, long part] }]
            ? (type, key, part, offset)
            : (type, key, count, 0);
    }

    /// <summary>Bytes of one element, of the types that tensors here may have and of those that are passed over.</summary>
    private static long? ElementSize(string storage) => storage switch
    {
        "ComplexFloatStorage" => 8,
        "ComplexDoubleStorage" => 16,
        _ => ElementTypes.OfStorage(storage)?.SizeInBytes(),
    };

    private static void CheckByteOrder(object? machine, FileBytes file)
    {
        if (machine is PickleDictionary dictionary && dictionary.Pairs.Contains(new("little_endian", false)))
            throw new WeightsException(file.Path, "was written on a big-endian machine; save it again on a little-endian one.");
    }
}
