using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// What one thread needs to make samples: a decoder and a canvas, with their memory. The numbers written depend on the
/// arguments alone.
/// </summary>
/// <param name="options">How to decode.</param>
/// <param name="channels">Channels of a sample: 3, or 1 for pictures without their color.</param>
/// <param name="cache">Where decoded pictures are kept, if anywhere.</param>
/// <param name="memory">What large pictures share with those of other threads, if anything.</param>
internal sealed unsafe class SampleReader(
    ImageOptions options, int channels = 3, PixelCache? cache = null, DecodingMemory? memory = null) : IDisposable
{
    private readonly ImageDecoder _decoder = new(options.Decoding);
    private readonly Canvas _canvas = new();
    private readonly PixelBuffer _whole = new();
    private readonly PixelBuffer _reduced = new();
    private readonly Resampler _resampler = new();
    private readonly NativeBuffer _uncached = new();
    private long _reserved;

    /// <summary>Bytes of memory that it keeps from picture to picture.</summary>
    public long HeldBytes => _decoder.HeldBytes + _canvas.HeldBytes + _whole.HeldBytes + _reduced.HeldBytes
        + _resampler.HeldBytes + _uncached.HeldBytes;

    /// <summary>Decodes a picture, transforms it and writes it as float32 <c>[H, W, channels]</c>.</summary>
    /// <param name="source">The picture.</param>
    /// <param name="transforms">What is done to it; must give a fixed size.</param>
    /// <param name="random">What the transforms draw from.</param>
    /// <param name="target">Room for channels · H · W numbers.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    public void Read(ImageSource source, Transforms transforms, SeededRandom random, float* target)
    {
        try
        {
            using var picture = Open(source);
            _canvas.Load(picture);
            transforms.Apply(_canvas, ref random);
            _canvas.WriteTo(target, channels);
        }
        finally
        {
            if (HeldBytes > DecodingMemory.OfEachThread)
                Free();
            ReturnMemory();
        }
    }

    /// <summary>Decodes a picture and transforms it; the result is valid until the next call.</summary>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    public Canvas Transform(ImageSource source, Transforms transforms, SeededRandom random)
    {
        using var picture = Open(source);
        return Transform(picture, transforms, random);
    }

    /// <summary>Opens a picture, to be transformed once before the next is opened.</summary>
    /// <exception cref="ImageException">It can't be read.</exception>
    public Picture Open(ImageSource source)
    {
        ReturnMemory();
        if (cache?.Find(source) is not { } picture)
        {
            picture = _decoder.Open(source);
            // With a cache, room for the whole picture and for the part that is seen.
            _reserved = memory?.Enter((cache is null ? 1 : 2) * picture.DecodingBytes) ?? 0;
            if (cache is not null)
                picture = Keep(picture, source, cache);
        }
        return channels == 1 ? new GrayPicture(picture) : picture;
    }

    /// <summary>Transforms an opened picture; the result is valid until the next call.</summary>
    /// <exception cref="ImageException">The picture can't be decoded.</exception>
    public Canvas Transform(Picture picture, Transforms transforms, SeededRandom random)
    {
        _canvas.Load(picture);
        transforms.Apply(_canvas, ref random);
        _canvas.Pixels();
        return _canvas;
    }

    public void Dispose()
    {
        Free();
        ReturnMemory();
    }

    private void Free()
    {
        _decoder.Dispose();
        _canvas.Dispose();
        _whole.Dispose();
        _reduced.Dispose();
        _resampler.Dispose();
        _uncached.Dispose();
    }

    /// <summary>Where the cache has room, decodes all of a picture and keeps it there, at the cache's size.</summary>
    private Picture Keep(Picture picture, ImageSource source, PixelCache cache)
    {
        var size = cache.SizeOf(picture.Size);
        if (size == picture.Size && !cache.HasRoom(size))
            return picture;
        using (picture)
        {
            // Room is taken after this: a damaged picture, which is met again in every epoch, must not take any.
            picture.Decode(new Rectangle(Point.Empty, picture.Size), _whole);
            var pixels = size == picture.Size ? _whole : Reduce(size);
            return cache.TryAdd(source, pixels) ?? StoreUncached(pixels);
        }
    }

    private void ReturnMemory()
    {
        memory?.Leave(_reserved);
        _reserved = 0;
    }

    private PixelBuffer Reduce(Size size)
    {
        var plan = new Resampling(
            _whole.Area.Size, size, new(Point.Empty, size), Interpolation.Bilinear, MirrorX: false, MirrorY: false);
        _reduced.Reset(size);
        _resampler.Run(plan, _whole.Data, _whole.Stride, _reduced.Data, _reduced.Stride);
        return _reduced;
    }

    /// <summary>The cache is full: whether a picture is in it must not change how it looks.</summary>
    private CachedImage StoreUncached(PixelBuffer pixels)
    {
        var room = _uncached.Reserve((nuint)CachedImage.LengthOf(pixels.Area.Size));
        CachedImage.Store(pixels, room);
        return new(pixels.Area.Size, room);
    }
}
