using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Resizes pixels exactly as Pillow does: rows first, then columns, 8 bits in between, see <see cref="AxisWeights"/>.
/// Cropping the result and mirroring it cost nothing. Not for use by several threads at once.
/// </summary>
internal sealed unsafe class Resampler(ResampleKernel kernel) : IDisposable
{
    private readonly AxisWeights _columns = new();
    private readonly AxisWeights _rows = new();
    private readonly PixelBuffer _narrowed = new();

    public Resampler()
        : this(ResampleKernel.Fastest)
    {
    }

    /// <summary>Runs a resampling.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="source">Pixel (0, 0) of the box; only <see cref="Resampling.Reach"/> of it must be there.</param>
    /// <param name="sourceStride">Bytes from one source row to the next.</param>
    /// <param name="target">Where pixel (0, 0) of the window goes; rows are written in whole vectors of 32 bytes.</param>
    /// <param name="targetStride">Bytes from one output row to the next.</param>
    public void Run(in Resampling plan, byte* source, nint sourceStride, byte* target, nint targetStride)
    {
        var window = plan.Window;
        _columns.Compute(plan.Box.Width, plan.Size.Width, window.X, window.Width, plan.Filter, plan.MirrorX);
        _rows.Compute(plan.Box.Height, plan.Size.Height, window.Y, window.Height, plan.Filter, plan.MirrorY);

        // One row more than needed: kernels blend rows in pairs, and a surplus row has weight zero.
        var reach = plan.Reach;
        _narrowed.Reset(new Rectangle(0, reach.Y, window.Width, reach.Height + 1));
        kernel.ResampleRows(
            source + reach.Y * sourceStride, sourceStride, reach.Height, _columns, _narrowed.Data, _narrowed.Stride);

        var bytes = window.Width * PixelBuffer.BytesPerPixel;
        for (var y = 0; y < window.Height; y++)
            kernel.BlendRows(_narrowed.At(0, 0), _narrowed.Stride, bytes, _rows, y, target + y * targetStride);
    }

    /// <summary>Bytes of memory for pixels that it holds.</summary>
    public long HeldBytes => _narrowed.HeldBytes;

    public void Dispose() => _narrowed.Dispose();
}
