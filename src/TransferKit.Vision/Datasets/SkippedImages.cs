using Microsoft.Extensions.Logging;

namespace TransferKit.Vision;

/// <summary>The pictures that could not be read and were skipped; a dataset shares it with its subsets. Thread-safe.</summary>
internal sealed class SkippedImages(ILogger? logger)
{
    private readonly SortedDictionary<string, ImageException> _byName = new(StringComparer.Ordinal);

    /// <summary>One exception for each picture, sorted by name.</summary>
    public IReadOnlyList<ImageException> All
    {
        get
        {
            lock (_byName)
                return [.. _byName.Values];
        }
    }

    /// <summary>Notes a picture, and logs it the first time.</summary>
    public void Add(ImageException exception)
    {
        lock (_byName)
        {
            if (_byName.TryAdd(exception.Path, exception))
                logger?.LogWarning("Skipped: {Message}", exception.Message);
        }
    }
}
