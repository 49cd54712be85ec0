using Microsoft.Extensions.Logging;

namespace TransferKit.Vision;

/// <summary>The pictures that could not be read and were skipped; a dataset shares it with its subsets. Thread-safe.</summary>
internal sealed class SkippedImages(ILogger logger)
{
    // By the picture and not by its name, which those in memory need not have to themselves.
    private readonly Dictionary<ImageSource, ImageException> _bySource = [];

    /// <summary>One exception for each picture, sorted by name.</summary>
    public IReadOnlyList<ImageException> All
    {
        get
        {
            lock (_bySource)
                return [.. _bySource.Values.OrderBy(exception => exception.Path, StringComparer.Ordinal)];
        }
    }

    /// <summary>Notes a picture, and logs it the first time.</summary>
    public void Add(ImageSource source, ImageException exception)
    {
        lock (_bySource)
        {
            if (_bySource.TryAdd(source, exception))
                logger.LogWarning("Skipped: {Message}", exception.Message);
        }
    }
}
