using System.Buffers;

namespace TransferKit.Vision;

/// <summary>
/// Some pictures, each in one or several views, as the network takes them: one after the other, the views of a picture side by
/// side. Not bound to a thread.
/// </summary>
internal sealed class PictureBatch : IDisposable
{
    private readonly ImageException?[] _failures;
    private readonly NormalizedViews _all;
    private readonly int _views;
    private float[]? _values;

    /// <param name="sources">The pictures; their pixels are undefined at first.</param>
    /// <param name="views">Views of each.</param>
    /// <param name="height">Height of a view, in pixels.</param>
    /// <param name="width">Width of a view, in pixels.</param>
    /// <param name="channels">Channels of a view.</param>
    public PictureBatch(IReadOnlyList<ImageSource> sources, int views, int height, int width, int channels)
    {
        (Sources, _views, _failures) = (sources, views, new ImageException?[sources.Count]);
        _values = ArrayPool<float>.Shared.Rent(checked(sources.Count * views * height * width * channels));
        _all = new(_values, sources.Count * views, height, width, channels);
    }

    public IReadOnlyList<ImageSource> Sources { get; }

    /// <summary>Why pictures can't be read, by position; null for those that can.</summary>
    public IReadOnlyList<ImageException?> Failures => _failures;

    /// <summary>Where a view goes: float32 <c>[H, W, channels]</c>.</summary>
    public Span<float> Slot(int picture, int view) => RowOf(picture * _views + view);

    /// <summary>Notes that a picture can't be read.</summary>
    public void Fail(int picture, ImageException reason) => _failures[picture] = reason;

    /// <summary>
    /// The views of the pictures that could be read, moved together: to be asked for once, when all are. Valid until this is
    /// disposed.
    /// </summary>
    public NormalizedViews TakeViews()
    {
        var taken = 0;
        for (var row = 0; row < _all.Count; row++)
        {
            if (_failures[row / _views] is not null)
                continue;
            if (taken != row)
                RowOf(row).CopyTo(RowOf(taken));
            taken++;
        }
        return _all with { Count = taken };
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values)
            ArrayPool<float>.Shared.Return(values);
    }

    private Span<float> RowOf(int row)
    {
        ObjectDisposedException.ThrowIf(_values is null, this);
        return _values.AsSpan(row * _all.Length, _all.Length);
    }
}
