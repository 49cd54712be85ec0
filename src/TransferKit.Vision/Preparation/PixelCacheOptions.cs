namespace TransferKit.Vision;

/// <summary>
/// How much room decoded pictures may take: first in memory, then in a temporary file that is mapped into memory, if
/// <see cref="FileBytes"/> allows one. What fits in neither is decoded each time. A picture takes 3 bytes a pixel.
/// </summary>
public sealed record PixelCacheOptions
{
    /// <summary>Bytes of memory. Default: 1 GiB.</summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Pictures whose shorter side is longer are reduced to it, in pixels, before they are kept; at least 1. More of them then
    /// fit, and later epochs go faster. <b>Not exact</b>: they are resampled twice, so the network no longer sees quite what it
    /// would without a cache, and crops of small parts look softer; the model's predictor does not do so. Leave it well above
    /// <see cref="Preprocessing.ResizeSize"/>. All pictures are reduced, also those for which there is no room. Default: null,
    /// pictures are kept as they are.
    /// </summary>
    public int? ShorterSide { get; init; }

    /// <summary>Bytes of the temporary file. Default: 0, no file.</summary>
    public long FileBytes { get; init; }

    /// <summary>
    /// Where the temporary file lies. It is gone when the dataset is no longer used, or at the latest when the process ends;
    /// except on Windows it has no name in the folder meanwhile, and only takes room. Default: the system's temporary folder.
    /// </summary>
    public string Folder { get; init; } = Path.GetTempPath();

    internal IEnumerable<string> ValidationErrors()
    {
        if (MemoryBytes < 0)
            yield return $"Cache.MemoryBytes is {MemoryBytes}, but must be at least 0.";
        if (ShorterSide < 1)
            yield return $"Cache.ShorterSide is {ShorterSide}, but must be at least 1, or null.";
        if (FileBytes < 0)
            yield return $"Cache.FileBytes is {FileBytes}, but must be at least 0.";
        if (string.IsNullOrEmpty(Folder))
            yield return "Cache.Folder is empty.";
    }
}
