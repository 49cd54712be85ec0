using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// TorchSharp's own format (<c>Module.save</c>, often <c>.dat</c>): the number of tensors, then for each its name, element
/// type, shape and bytes. It has no magic number, so the first tensor's description is what tells it.
/// </summary>
internal static class TorchSharpFile
{
    private const int MaxTensors = 1 << 20;
    private const int MaxRank = 32;

    public static bool Recognizes(ReadOnlySpan<byte> start)
    {
        var place = 0;
        if (Varint(start, ref place) is not (> 0 and <= MaxTensors)
            || Varint(start, ref place) is not { } length
            || length is 0 or > 512)
            return false;
        var end = place + (int)length;
        return end < start.Length
            && start[place..end].IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0
            && Varint(start, ref end) is <= (ulong)ScalarType.BFloat16
            && Varint(start, ref end) is <= MaxRank;
    }

    public static IReadOnlyDictionary<string, StoredTensor> Read(FileBytes file)
    {
        var storage = new PlainStorage(file, 0, file.Length);
        var reader = new ByteReader(storage);
        var count = reader.ReadVarint();
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        for (ulong i = 0; i < count; i++)
        {
            var name = reader.ReadText(reader.ReadVarint());
            var (tensor, bytes) = ReadTensor(name, reader);
            if (!tensors.TryAdd(name, tensor))
                throw file.Damaged($"it has two tensors named '{name}'");
            reader.Skip(bytes);
        }

        return tensors;
    }

    private static (FileTensor Tensor, long Bytes) ReadTensor(string name, ByteReader reader)
    {
        var file = reader.Storage.File;
        var type = (ScalarType)Math.Min(reader.ReadVarint(), 127UL);
        var rank = reader.ReadVarint();
        if (!ElementTypes.IsKnown(type) || rank > MaxRank)
            throw file.Damaged($"the tensor '{name}' has {rank} dimensions of element type {(int)type}");
        var shape = new long[rank];
        Int128 bytes = type.SizeInBytes();
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = (long)Math.Min(reader.ReadVarint(), long.MaxValue);
            bytes *= shape[i];
            if (bytes > reader.Remaining)
                throw new WeightsException(
                    file.Path,
                    $"is cut off or damaged: {reader.Remaining} bytes are left for the tensor '{name}'. Fetch it again.");
        }

        return (new FileTensor(reader.Storage, type, shape, firstByte: reader.Position), (long)bytes);
    }

    private static ulong? Varint(ReadOnlySpan<byte> bytes, ref int place)
    {
        var value = 0UL;
        for (var shift = 0; shift < 35 && place < bytes.Length; shift += 7)
        {
            var part = bytes[place++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }

        return null;
    }
}
