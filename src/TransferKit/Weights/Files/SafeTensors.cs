using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// The safetensors format (Hugging Face, 2022): the header's length in 8 bytes, a JSON header that gives each tensor's
/// type, shape and place, then the bytes of all tensors.
/// </summary>
internal static class SafeTensors
{
    /// <summary>The format's own limit.</summary>
    private const long MaxHeader = 100_000_000;
    private const int LengthSize = 8;

    public static bool Recognises(ReadOnlySpan<byte> start) =>
        start.Length > LengthSize && start[LengthSize] == '{' && BinaryPrimitives.ReadInt64LittleEndian(start) is > 1 and <= MaxHeader;

    public static IReadOnlyDictionary<string, StoredTensor> Read(Storage storage)
    {
        var file = storage.File;
        using var header = ReadHeader(storage, out var dataStart);
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var property in header.RootElement.EnumerateObject())
        {
            if (property.NameEquals("__metadata__"))
            {
                continue;
            }

            var tensor = ReadTensor(property, storage, dataStart);
            if (!tensors.TryAdd(property.Name, tensor))
            {
                throw file.Damaged($"it has two tensors named '{property.Name}'");
            }
        }

        return tensors;
    }

    private static JsonDocument ReadHeader(Storage storage, out long dataStart)
    {
        Span<byte> prefix = stackalloc byte[LengthSize];
        storage.Read(0, prefix);
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        dataStart = LengthSize + length;
        if (length is < 2 or > MaxHeader || dataStart > storage.Length)
        {
            throw new WeightsException(
                storage.File.Path, $"is cut off or damaged: its header claims {length} bytes of {storage.Length}. Fetch it again.");
        }

        var json = new byte[length];
        storage.Read(LengthSize, json);
        try
        {
            var header = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            return header.RootElement.ValueKind == JsonValueKind.Object
                ? header
                : throw storage.File.Damaged("its header is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new WeightsException(storage.File.Path, "is damaged: its header is not JSON.", e);
        }
    }

    private static FileTensor ReadTensor(JsonProperty property, Storage storage, long dataStart)
    {
        var (type, shape, begin, end) = Describe(property, storage.File);
        var bytes = (Int128)type.SizeInBytes();
        foreach (var size in shape)
        {
            bytes *= size;
            if (size < 0 || bytes > storage.Length)
            {
                throw storage.File.Damaged($"the tensor '{property.Name}' claims the shape {StoredTensor.Show(shape)}");
            }
        }

        if (begin < 0 || end - begin != bytes)
        {
            throw storage.File.Damaged(
                $"the tensor '{property.Name}' of shape {StoredTensor.Show(shape)} claims the bytes {begin} to {end}");
        }

        if (end > storage.Length - dataStart)
        {
            throw new WeightsException(
                storage.File.Path,
                $"is cut off: the tensor '{property.Name}' ends at byte {dataStart + end} and the file at {storage.Length}. Fetch it again.");
        }

        return new FileTensor(storage, type, shape, firstByte: dataStart + begin);
    }

    private static (ScalarType Type, long[] Shape, long Begin, long End) Describe(JsonProperty property, FileBytes file)
    {
        try
        {
            var name = property.Value.GetProperty("dtype").GetString();
            var shape = property.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
            var offsets = property.Value.GetProperty("data_offsets");
            if (ElementTypes.OfSafeTensors(name ?? "") is not { } type)
            {
                throw new WeightsException(file.Path, $"has a tensor '{property.Name}' of type {name}, which cannot be read here.");
            }

            if (offsets.GetArrayLength() == 2)
            {
                return (type, shape, offsets[0].GetInt64(), offsets[1].GetInt64());
            }
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new WeightsException(file.Path, $"is damaged: it describes the tensor '{property.Name}' wrongly.", e);
        }

        throw file.Damaged($"it describes the tensor '{property.Name}' wrongly");
    }
}
