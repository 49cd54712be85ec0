using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>Writes the safetensors format, tensor by tensor: never more than one of them is copied.</summary>
internal static class SafeTensorsWriter
{
    private const int LengthSize = 8;

    /// <param name="stream">Where to write; it stays open.</param>
    /// <param name="tensors">Names, no two the same, and tensors on any device.</param>
    /// <param name="metadata">Text by text for the header's <c>__metadata__</c>.</param>
    public static void Write(
        Stream stream,
        IEnumerable<(string Name, Tensor Value)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        // The widest elements first, as the format's own library has it: then every tensor is aligned to its elements.
        var ordered = tensors.OrderByDescending(pair => pair.Value.dtype.SizeInBytes()).ToList();
        var header = Header(ordered, metadata);
        Span<byte> length = stackalloc byte[LengthSize];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header.Span);
        foreach (var (_, tensor) in ordered)
            TensorBytes.Write(stream, tensor);
    }

    private static ReadOnlyMemory<byte> Header(
        List<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            WriteTable(json, tensors);
            json.WriteEndObject();
        }

        // Spaces up to a multiple of 8, so that the values start aligned.
        var padding = -buffer.WrittenCount & (LengthSize - 1);
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenMemory;
    }

    private static void WriteTable(Utf8JsonWriter json, List<(string Name, Tensor Value)> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var place = 0L;
        foreach (var (name, tensor) in tensors)
        {
            if (!names.Add(name))
                throw new ArgumentException($"Two tensors are named '{name}'.", nameof(tensors));
            json.WriteStartObject(name);
            json.WriteString("dtype", ElementTypes.SafeTensorsName(tensor.dtype));
            json.WriteStartArray("shape");
            foreach (var size in tensor.shape)
                json.WriteNumberValue(size);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(place);
            place += tensor.numel() * tensor.dtype.SizeInBytes();
            json.WriteNumberValue(place);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
