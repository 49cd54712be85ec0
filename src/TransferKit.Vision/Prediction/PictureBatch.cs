using TorchSharp;

namespace TransferKit.Vision;

/// <summary>
/// Some pictures, each in one or several views, as the network takes them: one after the other, the views of a picture side by
/// side. Not bound to a thread.
/// </summary>
internal sealed unsafe class PictureBatch : IDisposable
{
    private readonly torch.Tensor _pixels;
    private readonly ImageException?[] _failures;
    private readonly int _views;

    /// <param name="sources">The pictures; their pixels are undefined at first.</param>
    /// <param name="views">Views of each.</param>
    /// <param name="height">Height of a view, in pixels.</param>
    /// <param name="width">Width of a view, in pixels.</param>
    /// <param name="channels">Channels of a view.</param>
    public PictureBatch(IReadOnlyList<ImageSource> sources, int views, int height, int width, int channels)
    {
        (Sources, _views, _failures) = (sources, views, new ImageException?[sources.Count]);
        _pixels = torch.empty([sources.Count * views, height, width, channels], torch.float32).DetachFromDisposeScope();
    }

    public IReadOnlyList<ImageSource> Sources { get; }

    /// <summary>Why pictures can't be read, by position; null for those that can.</summary>
    public IReadOnlyList<ImageException?> Failures => _failures;

    /// <summary>Where a view goes: float32 <c>[H, W, channels]</c>. The tensor stays where it is.</summary>
    public float* Slot(int picture, int view)
    {
        var length = _pixels.shape[1] * _pixels.shape[2] * _pixels.shape[3];
        fixed (byte* start = _pixels.bytes)
            return (float*)start + (picture * _views + view) * length;
    }

    /// <summary>Notes that a picture can't be read.</summary>
    public void Fail(int picture, ImageException reason) => _failures[picture] = reason;

    /// <summary>The views of the pictures that could be read; the caller disposes them.</summary>
    /// <returns>float32 <c>[pictures · views, channels, H, W]</c>, channels last.</returns>
    public torch.Tensor Images()
    {
        using var scope = torch.NewDisposeScope();
        var pixels = _pixels;
        if (_failures.Any(failure => failure is not null))
        {
            var rows = Enumerable.Range(0, Sources.Count * _views).Where(row => _failures[row / _views] is null);
            pixels = pixels.index_select(0, torch.tensor([.. rows.Select(row => (long)row)]));
        }
        return pixels.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    public void Dispose() => _pixels.Dispose();
}
