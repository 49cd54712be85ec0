using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// What one run of the <see cref="Resampler"/> does: a box of pixels becomes a part of a picture of another size.
/// </summary>
/// <param name="Box">The size of the source box; pixels outside it are never looked at.</param>
/// <param name="Size">The size to which the whole box is resampled.</param>
/// <param name="Window">The part of the resampled picture that is computed; not empty, inside <paramref name="Size"/>.</param>
/// <param name="Filter">The filter.</param>
/// <param name="MirrorX">Whether the window is mirrored left to right.</param>
/// <param name="MirrorY">Whether the window is mirrored top to bottom.</param>
internal readonly record struct Resampling(
    Size Box, Size Size, Rectangle Window, Interpolation Filter, bool MirrorX, bool MirrorY)
{
    /// <summary>The pixels of the box that the window depends on.</summary>
    public Rectangle Reach
    {
        get
        {
            var (left, right) = AxisWeights.Reach(Box.Width, Size.Width, Window.X, Window.Width, Filter);
            var (top, bottom) = AxisWeights.Reach(Box.Height, Size.Height, Window.Y, Window.Height, Filter);
            return Rectangle.FromLTRB(left, top, right, bottom);
        }
    }
}
