using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>
/// How much room the outputs of frozen layers may take, so that they are computed once and not in every epoch. A set of samples
/// is kept in memory if all of it fits, else in a file if it fits there, else not at all. Maps and tokens are kept in 16 bits,
/// feature vectors as they are.
/// </summary>
public sealed record FeatureCacheOptions
{
    /// <summary>The room in memory, in bytes; at least 0. Default: 1 GiB.</summary>
    [JsonIgnore]
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>
    /// The size of the temporary file, in bytes; 0: none. Default: 8 GiB, or half of what is free if that is less.
    /// </summary>
    [JsonIgnore]
    public long FileBytes { get; init; } = 8L << 30;

    /// <summary>
    /// Where the file lies, which is gone when training ends. Default: the system's folder for temporary files.
    /// </summary>
    [JsonIgnore]
    public string Folder { get; init; } = Path.GetTempPath();

    /// <summary><c>1024 MiB of memory, or 8192 MiB in a file</c></summary>
    public override string ToString() => $"{MemoryBytes >> 20} MiB of memory, or {FileBytes >> 20} MiB in a file";

    internal IEnumerable<string> ValidationErrors()
    {
        if (MemoryBytes < 0)
            yield return $"FeatureCache.MemoryBytes is {MemoryBytes}, but must be at least 0.";
        if (FileBytes < 0)
            yield return $"FeatureCache.FileBytes is {FileBytes}, but must be at least 0.";
        if (!Directory.Exists(Folder))
            yield return $"FeatureCache.Folder '{Folder}' doesn't exist.";
    }
}
