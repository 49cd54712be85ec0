using System.Text.Json;

namespace TransferKit;

/// <summary>
/// Weights spread over several files, as Hugging Face's libraries do with big ones: <c>model.safetensors.index.json</c>
/// tells in its <c>weight_map</c> which tensor lies in which file beside it.
/// </summary>
internal static class ShardIndex
{
    private const long MaxLength = 1L << 26;

    public static bool Recognizes(ReadOnlySpan<byte> start) => start.TrimStart(" \t\r\n"u8).StartsWith("{"u8);

    /// <summary>The files that an index names.</summary>
    /// <exception cref="WeightsException">It is no index.</exception>
    public static IReadOnlyList<string> FilesOf(string path)
    {
        using var index = FileBytes.Open(path);
        return [.. ReadMap(index).Values.Distinct()];
    }

    public static IReadOnlyDictionary<string, StoredTensor> Read(FileBytes index, WeightsFile weights)
    {
        var shards = new Dictionary<string, IReadOnlyDictionary<string, StoredTensor>>(StringComparer.Ordinal);
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (name, shard) in ReadMap(index))
        {
            if (!shards.TryGetValue(shard, out var content))
            {
                content = FileFormat.Read(weights.OpenPart(weights.PathBeside(shard)), weights);
                shards.Add(shard, content);
            }

            tensors[name] = content.TryGetValue(name, out var tensor)
                ? tensor
                : throw index.Damaged($"it has the tensor '{name}' in {shard}, which has no such tensor");
        }

        return tensors;
    }

    private static Dictionary<string, string> ReadMap(FileBytes index)
    {
        try
        {
            if (index.Length > MaxLength)
                throw index.Damaged($"an index of {index.Length} bytes is too big");
            var json = new byte[index.Length];
            index.Read(0, json);
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            return document.RootElement.GetProperty("weight_map").EnumerateObject()
                .DistinctBy(entry => entry.Name)
                .ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.Ordinal);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new WeightsException(index.Path, "is JSON, but no index of weights: it has no readable weight_map.", error);
        }
    }
}
