using System.Collections.Concurrent;
using System.Drawing;
using System.Runtime.ExceptionServices;

namespace TransferKit.Vision;

/// <summary>
/// Makes what a network takes out of pictures. Safe to use by several threads at once; decoders and their memory go from one
/// picture to the next.
/// </summary>
internal sealed class PictureReader : IDisposable
{
    private readonly ImageOptions _options;
    private readonly Transforms[] _views;
    private readonly DecodingMemory _memory;
    private readonly ConcurrentBag<SampleReader> _idle = [];
    private volatile bool _disposed;

    /// <param name="options">How pictures are decoded and prepared.</param>
    /// <param name="preprocessing">What the network expects of its input.</param>
    /// <param name="augmentation">The views of each picture; null: the picture itself.</param>
    /// <param name="memory">What pictures share while they are decoded.</param>
    /// <exception cref="InvalidOperationException">The transforms give no fixed size, or can't give the views.</exception>
    public PictureReader(
        ImageOptions options, Preprocessing preprocessing, TestTimeAugmentation? augmentation, DecodingMemory memory)
    {
        (_options, Channels, _memory) = (options, preprocessing.Channels, memory);
        _views = augmentation is null
            ? [options.TransformsFor(preprocessing, augment: false)]
            : [.. Enumerable.Range(0, augmentation.Views)
                .Select(view => options.ViewTransforms(preprocessing, augmentation, view))];
        Size = _views[0].FixedSize;
    }

    /// <summary>The size of what the network sees.</summary>
    public Size Size { get; }

    /// <summary>Channels of what the network sees: 3, or 1.</summary>
    public int Channels { get; }

    /// <summary>Views of each picture.</summary>
    public int Views => _views.Length;

    /// <summary>Bytes of memory that is kept for pictures to come.</summary>
    public long IdleBytes => _idle.Sum(reader => reader.HeldBytes);

    /// <summary>Reads many pictures on all cores. Those that can't be read are noted in the batch.</summary>
    public PictureBatch Read(IReadOnlyList<ImageSource> sources) => Read(sources, bytes => Enter(bytes, canBeRefused: false));

    /// <summary>Reads a picture, which is noted in the batch if it can't be read.</summary>
    /// <exception cref="PredictorBusyException">Too many wait for memory.</exception>
    public PictureBatch Read(ImageSource source) => Read([source], bytes => Enter(bytes, canBeRefused: true));

    /// <summary>Reads a picture on another thread, which doesn't wait for memory.</summary>
    /// <inheritdoc cref="Read(ImageSource)"/>
    public async Task<PictureBatch> ReadAsync(ImageSource source, CancellationToken cancellationToken)
    {
        var bytes = Measure(source);
        await _memory.EnterAsync(bytes, canBeRefused: true, cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Read([source], enter: null), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _memory.Leave(bytes);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var reader))
            reader.Dispose();
    }

    private void Enter(long bytes, bool canBeRefused) => _memory.EnterAsync(bytes, canBeRefused).GetAwaiter().GetResult();

    /// <param name="sources">The pictures.</param>
    /// <param name="enter">Waits for room for so many bytes; null: there is room.</param>
    private PictureBatch Read(IReadOnlyList<ImageSource> sources, Action<long>? enter)
    {
        var batch = new PictureBatch(sources, Views, Size.Height, Size.Width, Channels);
        try
        {
            if (sources.Count == 1)
                Read(batch, 0, enter);
            else
                Parallel.For(0, sources.Count, picture => Read(batch, picture, enter));
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

    private unsafe void Read(PictureBatch batch, int picture, Action<long>? enter)
    {
        var reader = Rent();
        var entered = 0L;
        try
        {
            // Random views are drawn from their number alone: how a picture looks must not depend on the pictures before it.
            for (var view = 0; view < Views; view++)
            {
                using var opened = reader.Open(batch.Sources[picture]);
                if (view == 0 && enter is not null)
                {
                    enter(opened.DecodingBytes);
                    entered = opened.DecodingBytes;
                }
                var canvas = reader.Transform(opened, _views[view], new SeededRandom(0, view, 0));
                fixed (float* slot = batch.Slot(picture, view))
                    canvas.WriteTo(slot, Channels);
            }
        }
        catch (ImageException error)
        {
            batch.Fail(picture, error);
        }
        finally
        {
            Return(reader);
            if (entered > 0)
                _memory.Leave(entered);
        }
    }

    /// <summary>Bytes that decoding takes, as far as the header tells; 0 where there is none, which reading finds out.</summary>
    private long Measure(ImageSource source)
    {
        var reader = Rent();
        try
        {
            using var opened = reader.Open(source);
            return opened.DecodingBytes;
        }
        catch (ImageException)
        {
            return 0;
        }
        finally
        {
            Return(reader);
        }
    }

    private SampleReader Rent() => _idle.TryTake(out var idle) ? idle : new SampleReader(_options, Channels);

    private void Return(SampleReader reader)
    {
        // A burst of requests must not leave more decoders behind than can be at work.
        if (_disposed || _idle.Count >= Environment.ProcessorCount || reader.HeldBytes > DecodingMemory.OfEachThread)
            reader.Dispose();
        else
            _idle.Add(reader);
    }
}
