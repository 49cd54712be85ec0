using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace TransferKit.Vision;

/// <summary>
/// Makes what a network takes out of pictures. Safe to use by several threads at once; decoders and their memory go from one
/// picture to the next.
/// </summary>
internal sealed unsafe class PictureReader : IDisposable
{
    private readonly ImageOptions _options;
    private readonly int _channels;
    private readonly Transforms[] _views;
    private readonly ConcurrentBag<SampleReader> _idle = [];
    private volatile bool _disposed;

    /// <param name="options">How pictures are decoded and prepared.</param>
    /// <param name="preprocessing">What the network expects of its input.</param>
    /// <param name="augmentation">The views of each picture; null: the picture itself.</param>
    /// <exception cref="InvalidOperationException">The transforms give no fixed size, or can't give the views.</exception>
    public PictureReader(ImageOptions options, Preprocessing preprocessing, TestTimeAugmentation? augmentation)
    {
        (_options, _channels) = (options, preprocessing.Channels);
        _views = augmentation is null
            ? [options.TransformsFor(preprocessing, augment: false)]
            : [.. Enumerable.Range(0, augmentation.Views)
                .Select(view => options.ViewTransforms(preprocessing, augmentation, view))];
        _ = _views[0].FixedSize;
    }

    /// <summary>Views of each picture.</summary>
    public int Views => _views.Length;

    /// <summary>Bytes of memory that is kept for pictures to come.</summary>
    public long IdleBytes => _idle.Sum(reader => reader.HeldBytes);

    /// <summary>Reads pictures, several of them on all cores. Those that can't be read are noted in the batch.</summary>
    public PictureBatch Read(IReadOnlyList<ImageSource> sources)
    {
        var size = _views[0].FixedSize;
        var batch = new PictureBatch(sources, Views, size.Height, size.Width, _channels);
        try
        {
            if (sources.Count == 1)
                Read(batch, 0);
            else
                Parallel.For(0, sources.Count, picture => Read(batch, picture));
            return batch;
        }
        catch (Exception error)
        {
            batch.Dispose();
            if (error is AggregateException { InnerExceptions: [var first, ..] })
                ExceptionDispatchInfo.Throw(first);
            throw;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var reader))
            reader.Dispose();
    }

    private void Read(PictureBatch batch, int picture)
    {
        var reader = _idle.TryTake(out var idle) ? idle : new SampleReader(_options, _channels);
        try
        {
            // Random views are drawn from their number alone: how a picture looks must not depend on the pictures before it.
            for (var view = 0; view < Views; view++)
                reader.Read(batch.Sources[picture], _views[view], new SeededRandom(0, view, 0), batch.Slot(picture, view));
        }
        catch (ImageException failure)
        {
            batch.Fail(picture, failure);
        }
        finally
        {
            // A burst of requests must not leave more decoders behind than can be at work.
            if (_disposed || _idle.Count >= Environment.ProcessorCount || reader.HeldBytes > DecodingMemory.OfEachThread)
                reader.Dispose();
            else
                _idle.Add(reader);
        }
    }
}
