namespace TransferKit.Vision;

/// <summary>
/// How much room decoded pictures may take: first in memory, then in a temporary file that is mapped into memory. What fits in
/// neither is decoded each time. A picture takes 3 bytes a pixel.
/// </summary>
public sealed record CacheOptions
{
    /// <summary>Bytes of memory. Default: 1 GiB.</summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of the temporary file. Default: 0, no file.</summary>
    public long FileBytes { get; init; }

    /// <summary>
    /// Where the temporary file lies; it is deleted when the dataset is no longer used. Default: the system's temporary
    /// folder.
    /// </summary>
    public string Folder { get; init; } = Path.GetTempPath();
}
