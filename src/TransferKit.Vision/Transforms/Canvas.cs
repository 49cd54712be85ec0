using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// A picture on its way through a list of transforms. Crops, one resize and mirrorings are only noted down; the pixels are
/// computed in one go when something needs them, and of the file only the part that is seen gets decoded.
/// Kept between pictures to reuse its memory. Not for use by several threads at once.
/// </summary>
internal sealed unsafe class Canvas : IDisposable
{
    private readonly Resampler _resampler = new();
    private readonly PixelNormalizer _normalizer = new();
    private PixelBuffer _pixels = new();
    private PixelBuffer _spare = new();
    private readonly PixelBuffer _unpadded = new();
    private Picture? _undecoded;

    // What is noted down: _box of the pixels, resampled to _scaled, of which _window is seen, mirrored.
    private Rectangle _box;
    private Size _scaled;
    private Interpolation _filter;
    private Rectangle _window;
    private bool _mirrorX;
    private bool _mirrorY;
    private readonly List<Rectangle> _erased = [];

    /// <summary>The picture's size as it looks now.</summary>
    public Size Size => _window.Size;

    /// <summary>What <see cref="WriteTo"/> subtracts and divides by; set by <see cref="Normalize"/>.</summary>
    public (ChannelValues Mean, ChannelValues Std) Normalization { get; set; }

    /// <summary>Starts on a new picture, which must stay open until the last use of this canvas for it.</summary>
    public void Load(Picture picture)
    {
        _undecoded = picture;
        // The two change places with each picture; without this, both would grow to the size of the largest.
        if (_spare.HeldBytes > _pixels.HeldBytes)
            (_pixels, _spare) = (_spare, _pixels);
        Normalization = (default, new(1, 1, 1));
        _erased.Clear();
        StartFrom(picture.Size);
    }

    /// <summary>Cuts out a rectangle. Where it reaches beyond the picture, it is black.</summary>
    public void Crop(Rectangle area)
    {
        // What an earlier crop cut off must not reappear where there should be black.
        if (!ShowsAll && !new Rectangle(Point.Empty, Size).Contains(area))
            Compute();
        if (_mirrorX)
            area.X = _window.Width - area.Right;
        if (_mirrorY)
            area.Y = _window.Height - area.Bottom;
        area.Offset(_window.Location);

        // Before a resize, what is cut off must not bleed in: the box shrinks and not just the window.
        if (!IsScaled && new Rectangle(Point.Empty, _scaled).Contains(area))
        {
            area.Offset(_box.Location);
            _box = area;
            _scaled = area.Size;
            area.Location = Point.Empty;
        }

        _window = area;
    }

    /// <summary>Resamples the picture to a size.</summary>
    public void Resize(Size size, Interpolation filter)
    {
        if (size == Size)
            return;
        if (IsScaled || _mirrorX || _mirrorY || !ShowsAll)
            Compute();
        _scaled = size;
        _filter = filter;
        _window = new(Point.Empty, size);
    }

    /// <summary>Mirrors the picture left to right.</summary>
    public void MirrorX() => _mirrorX = !_mirrorX;

    /// <summary>Mirrors the picture top to bottom.</summary>
    public void MirrorY() => _mirrorY = !_mirrorY;

    /// <summary>The pixels as the picture looks now, to be read or changed in place.</summary>
    public PixelBuffer Pixels()
    {
        Compute();
        return _pixels;
    }

    /// <summary>Makes <see cref="WriteTo"/> write zeros in a rectangle of the finished picture.</summary>
    public void Erase(Rectangle area) => _erased.Add(area);

    /// <summary>
    /// The pixels of the finished picture as <see cref="WriteTo"/> gives them, to be looked at: what it blanks is painted in the
    /// color that its zeros stand for, the mean.
    /// </summary>
    public PixelBuffer PixelsToShow()
    {
        var pixels = Pixels();
        var mean = Normalization.Mean;
        var (red, green, blue) = (Level(mean.Red), Level(mean.Green), Level(mean.Blue));
        foreach (var area in _erased.Select(Visible))
            for (var y = area.Top; y < area.Bottom; y++)
                for (var x = area.Left; x < area.Right; x++)
                {
                    var pixel = pixels.At(x, y);
                    (pixel[0], pixel[1], pixel[2]) = (red, green, blue);
                }

        return pixels;

        static byte Level(float share) => (byte)Math.Clamp(MathF.Round(255 * share), 0, 255);
    }

    /// <summary>Replaces the picture by one that is drawn from it.</summary>
    /// <param name="size">The new size.</param>
    /// <param name="draw">Gets the pixels as they are and those to be written, whose contents are undefined.</param>
    public void Redraw(Size size, Action<PixelBuffer, PixelBuffer> draw)
    {
        Compute();
        _spare.Reset(size);
        draw(_pixels, _spare);
        (_pixels, _spare) = (_spare, _pixels);
        StartFrom(size);
    }

    /// <summary>Writes the picture as float32 <c>[H, W, channels]</c>, normalized.</summary>
    /// <param name="target">Room for channels · H · W numbers.</param>
    /// <param name="channels">3, or 1 for a gray picture, of which red is taken.</param>
    public void WriteTo(float* target, int channels = 3)
    {
        Compute();
        var pixels = _pixels;
        var row = channels * (nint)pixels.Width;
        for (var y = 0; y < pixels.Height; y++)
        {
            if (channels == 1)
                _normalizer.NormalizeGray(pixels.At(0, y), pixels.Width, target + y * row, Normalization);
            else
                _normalizer.Normalize(pixels.At(0, y), pixels.Width, target + y * row, Normalization);
        }

        foreach (var area in _erased.Select(Visible))
            for (var y = area.Top; y < area.Bottom; y++)
                new Span<float>(target + y * row + channels * area.Left, channels * area.Width).Clear();
    }

    /// <summary>Bytes of memory that it keeps from picture to picture.</summary>
    public long HeldBytes => _resampler.HeldBytes + _pixels.HeldBytes + _spare.HeldBytes + _unpadded.HeldBytes;

    public void Dispose()
    {
        _resampler.Dispose();
        _pixels.Dispose();
        _spare.Dispose();
        _unpadded.Dispose();
    }

    /// <summary>The part of an area that steps after it left in the picture, beyond which there is no room to write to.</summary>
    private Rectangle Visible(Rectangle area) => Rectangle.Intersect(area, new(Point.Empty, Size));

    private bool IsScaled => _scaled != _box.Size;

    private bool ShowsAll => _window == new Rectangle(Point.Empty, _scaled);

    private void StartFrom(Size size)
    {
        _box = new(Point.Empty, size);
        _scaled = size;
        _window = _box;
        _mirrorX = _mirrorY = false;
    }

    private void Compute()
    {
        var isComputed = !IsScaled && !_mirrorX && !_mirrorY && ShowsAll && _box == _pixels.Area;
        if (_undecoded is null && isComputed)
            return;
        var seen = Rectangle.Intersect(_window, new(Point.Empty, _scaled));
        var isPadded = seen != _window;
        _spare.Reset(_window.Size);
        if (isPadded)
            _spare.Clear();
        if (!seen.IsEmpty)
        {
            var plan = new Resampling(_box.Size, _scaled, seen, _filter, _mirrorX, _mirrorY);
            if (_undecoded is not null)
            {
                var needed = IsScaled ? plan.Reach : seen;
                needed.Offset(_box.Location);
                _undecoded.Decode(needed, _pixels);
            }

            var target = isPadded ? _unpadded : _spare;
            target.Reset(seen.Size);
            var source = _pixels.At(_box.X, _box.Y);
            if (IsScaled)
                _resampler.Run(plan, source, _pixels.Stride, target.Data, target.Stride);
            else
                Copy(source + seen.Y * _pixels.Stride + (nint)seen.X * PixelBuffer.BytesPerPixel, target);
            if (isPadded)
                Paste(target, _spare,
                    _mirrorX ? _window.Right - seen.Right : seen.X - _window.X,
                    _mirrorY ? _window.Bottom - seen.Bottom : seen.Y - _window.Y);
        }

        (_pixels, _spare) = (_spare, _pixels);
        _undecoded = null;
        StartFrom(_window.Size);
    }

    private void Copy(byte* source, PixelBuffer target)
    {
        for (var y = 0; y < target.Height; y++)
        {
            var from = new ReadOnlySpan<uint>(source + y * _pixels.Stride, target.Width);
            var to = new Span<uint>(target.At(0, _mirrorY ? target.Height - 1 - y : y), target.Width);
            from.CopyTo(to);
            if (_mirrorX)
                to.Reverse();
        }
    }

    private static void Paste(PixelBuffer source, PixelBuffer target, int x, int y)
    {
        for (var row = 0; row < source.Height; row++)
        {
            var pixels = new ReadOnlySpan<uint>(source.At(0, row), source.Width);
            pixels.CopyTo(new Span<uint>(target.At(x, y + row), source.Width));
        }
    }
}
