using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TorchSharp;

namespace TransferKit;

/// <summary>What was computed once, in files whose names are made of all that it depends on.</summary>
/// <param name="folder">The folder, which is made when it is needed; null: nothing is kept.</param>
/// <param name="group">Processes that ask for the same in the same order, and all get the same.</param>
internal sealed class ResultFolder(string? folder, ProcessGroup group)
{
    private const string Values = "values", Indices = "indices";

    /// <summary>A result; computed, and kept, where rank 0 doesn't know it.</summary>
    /// <param name="kind">What it is, in a word.</param>
    /// <param name="identity">All that it depends on; null: not all is known, and nothing is kept.</param>
    /// <param name="type">Its JSON form.</param>
    /// <param name="compute">Computes it, on all ranks.</param>
    /// <returns>What rank 0 knows or computed.</returns>
    public T GetOrCompute<T>(string kind, ResultIdentity? identity, JsonTypeInfo<T> type, Func<T> compute)
        where T : class
    {
        var path = PathOf(kind, identity, ".json");
        var known = group.Rank > 0 || path is null
            ? null : Read(path, () => JsonSerializer.Deserialize(File.ReadAllBytes(path), type));
        if (OfFirst(known) is { } found)
            return found;
        var result = compute();
        if (path is not null && group.Rank == 0)
            Keep(path, stream => JsonSerializer.Serialize(stream, result, type));
        return OfFirst(result)!;

        T? OfFirst(T? own) => group.Size == 1 ? own : JsonSerializer.Deserialize(
            group.Broadcast(JsonSerializer.SerializeToUtf8Bytes(own!, type)), type);
    }

    /// <summary>Features; computed, and kept, where a rank doesn't know them.</summary>
    /// <inheritdoc cref="GetOrCompute"/>
    public FeatureVectors GetOrCompute(ResultIdentity? identity, Func<FeatureVectors> compute)
    {
        var path = PathOf("features", identity, ".safetensors");
        var known = path is null ? null : Read(path, () => ReadFeatures(path));
        double[] knowing = [known is null ? 0 : 1];
        group.Sum(knowing);
        if (known is not null && knowing[0] == group.Size)
            return known;
        var features = compute();
        if (path is not null)
            Keep(path, stream => WriteFeatures(stream, features));
        return features;
    }

    private string? PathOf(string kind, ResultIdentity? identity, string extension) => folder is null || identity is null
        ? null
        : Path.Join(folder, $"{kind}-{identity.Digits}{extension}");

    private static T? Read<T>(string path, Func<T?> read)
        where T : class
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or WeightsException)
        {
            // A damaged file is as good as none: what it held is computed again, and replaces it.
            return null;
        }
    }

    private static void Keep(string path, Action<Stream> write)
    {
        try
        {
            AtomicFile.Write(path, write);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It spares work next time, no more.
        }
    }

    private static FeatureVectors ReadFeatures(string path)
    {
        using var file = WeightsFile.Open(path);
        using var scope = torch.NewDisposeScope();
        if (!file.Tensors.TryGetValue(Values, out var values) || !file.Tensors.TryGetValue(Indices, out var indices))
            throw new WeightsException(path, "has no features.");
        return new FeatureVectors(values.Read().data<float>().ToArray(), indices.Read().data<int>().ToArray());
    }

    private static void WriteFeatures(Stream stream, FeatureVectors features)
    {
        using var scope = torch.NewDisposeScope();
        SafeTensorsWriter.Write(
            stream, [(Values, features.ToTensor()), (Indices, torch.tensor([.. features.Indices], torch.ScalarType.Int32))]);
    }
}

/// <summary>All that a result depends on.</summary>
internal sealed class ResultIdentity
{
    private readonly IReadOnlyList<RunFact> _facts;

    public ResultIdentity(IReadOnlyList<RunFact> facts)
    {
        _facts = facts;
        var text = string.Join('\n', facts.Select(fact => $"{fact.Name} {fact.Data}"));
        Digits = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..24];
    }

    /// <summary>Hexadecimal digits that tell it from others.</summary>
    public string Digits { get; }

    /// <summary>What depends on more.</summary>
    public ResultIdentity With(params IEnumerable<RunFact> facts) => new([.. _facts, .. facts]);
}
