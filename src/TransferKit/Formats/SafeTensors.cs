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

    public static bool Recognizes(ReadOnlySpan<byte> start) =>
        start.Length > LengthSize && start[LengthSize] == '{'
        && BinaryPrimitives.ReadInt64LittleEndian(start) is > 1 and <= MaxHeader;

    /// <summary>
    /// A key of the header's <c>__metadata__</c>: how images are to be prepared, in the words of <c>model.json</c>.
    /// </summary>
    public const string PreprocessingKey = "preprocessing";

    /// <param name="storage">The bytes.</param>
    /// <param name="weights">Takes the preprocessing, where the file says it; null: it is ignored.</param>
    public static IReadOnlyDictionary<string, StoredTensor> Read(Storage storage, WeightsFile? weights = null)
    {
        var file = storage.File;
        using var header = ReadHeader(storage, out var dataStart);
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var property in header.RootElement.EnumerateObject())
        {
            var name = NameOf(property, file);
            if (name == "__metadata__")
            {
                if (weights is not null && property.Value.ValueKind == JsonValueKind.Object
                    && property.Value.TryGetProperty(PreprocessingKey, out var text))
                    weights.Preprocessing = ReadPreprocessing(text, file);
                continue;
            }

            var (type, shape, begin, end) = Describe(name, property.Value, file);
            CheckPlace(name, type, shape, begin, end, storage, dataStart);
            if (!tensors.TryAdd(name, new FileTensor(storage, type, shape, firstByte: dataStart + begin)))
                throw file.Damaged($"it has two tensors named '{name}'");
        }

        return tensors;
    }

    private static string NameOf(JsonProperty property, FileBytes file)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException error)
        {
            throw new WeightsException(file.Path, "is damaged: its header has a name that is not UTF-8.", error);
        }
    }

    private static Preprocessing ReadPreprocessing(JsonElement text, FileBytes file)
    {
        try
        {
            return JsonSerializer.Deserialize(text.GetString()!, PreprocessingJson.Default.Preprocessing)!;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentNullException)
        {
            throw new WeightsException(file.Path, $"is damaged: the {PreprocessingKey} in its header can't be read.", error);
        }
    }

    private static JsonDocument ReadHeader(Storage storage, out long dataStart)
    {
        Span<byte> prefix = stackalloc byte[LengthSize];
        storage.Read(0, prefix);
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        dataStart = LengthSize + length;
        if (length is < 2 or > MaxHeader || dataStart > storage.Length)
            throw new WeightsException(
                storage.File.Path,
                $"is cut off or damaged: its header claims {length} bytes of {storage.Length}. Fetch it again.");

        var json = new byte[length];
        storage.Read(LengthSize, json);
        try
        {
            var header = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            return header.RootElement.ValueKind == JsonValueKind.Object
                ? header
                : throw storage.File.Damaged("its header is not a JSON object");
        }
        catch (JsonException error)
        {
            throw new WeightsException(storage.File.Path, "is damaged: its header is not JSON.", error);
        }
    }

    private static void CheckPlace(
        string name, ScalarType type, long[] shape, long begin, long end, Storage storage, long dataStart)
    {
        var bytes = (Int128)type.SizeInBytes();
        foreach (var size in shape)
        {
            bytes *= size;
            if (size < 0 || bytes > storage.Length)
                throw storage.File.Damaged($"the tensor '{name}' claims the shape {StoredTensor.Show(shape)}");
        }

        if (begin < 0 || end - begin != bytes)
            throw storage.File.Damaged(
                $"the tensor '{name}' of shape {StoredTensor.Show(shape)} claims the bytes {begin} to {end}");

        if (end > storage.Length - dataStart)
            throw new WeightsException(
                storage.File.Path,
                $"is cut off at {storage.Length} bytes: the tensor '{name}' ends at {dataStart + end}. Fetch it again.");
    }

    private static (ScalarType Type, long[] Shape, long Begin, long End) Describe(
        string tensor, JsonElement value, FileBytes file)
    {
        try
        {
            var dtype = value.GetProperty("dtype").GetString();
            var shape = value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
            var offsets = value.GetProperty("data_offsets");
            if (ElementTypes.OfSafeTensors(dtype ?? "") is not { } type)
                throw new WeightsException(file.Path, $"has a tensor '{tensor}' of type {dtype}, which cannot be read here.");
            if (offsets.GetArrayLength() == 2)
                return (type, shape, offsets[0].GetInt64(), offsets[1].GetInt64());
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new WeightsException(file.Path, $"is damaged: it describes the tensor '{tensor}' wrongly.", error);
        }

        throw file.Damaged($"it describes the tensor '{tensor}' wrongly");
    }
}
