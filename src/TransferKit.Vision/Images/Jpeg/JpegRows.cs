using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// The way from blocks to pixels, for a part of a picture and a row of MCUs at a time: samples, chroma as wide as luma, colors.
/// Keeps its memory from picture to picture.
/// </summary>
internal sealed class JpegRows
{
    private readonly JpegPlane[] _planes = [new(), new(), new()];
    private readonly byte[][] _wide = [[], []];
    private JpegFrame _frame = null!;
    private PixelBuffer _target = null!;
    private int _nextRow;

    /// <summary>The MCUs whose blocks are needed.</summary>
    public Rectangle Mcus { get; private set; }

    /// <summary>Starts on a picture.</summary>
    /// <param name="frame">Its frame.</param>
    /// <param name="part">The pixels that are needed, at least one.</param>
    /// <param name="target">Gets them, and no others.</param>
    public void Start(JpegFrame frame, Rectangle part, PixelBuffer target)
    {
        (_frame, _target, _nextRow) = (frame, target, part.Top);
        target.Reset(part);
        // Where chroma is between samples, those of the next pixels are needed too.
        var around = part;
        around.Inflate(frame.HasNarrowChroma ? 1 : 0, frame.HasLowChroma ? 1 : 0);
        around.Intersect(new(Point.Empty, frame.Size));
        var mcu = frame.McuSize;
        Mcus = Rectangle.FromLTRB(
            around.Left / mcu.Width, around.Top / mcu.Height,
            (around.Right + mcu.Width - 1) / mcu.Width, (around.Bottom + mcu.Height - 1) / mcu.Height);
        for (var i = 0; i < frame.Components.Count; i++)
        {
            var component = frame.Components[i];
            _planes[i].Reset(
                Mcus.Width * component.Across * JpegFrame.BlockSize, component.Down * JpegFrame.BlockSize);
        }

        var wide = _planes[0].Stride;
        for (var i = 0; i < _wide.Length; i++)
            if (_wide[i].Length < wide)
                _wide[i] = new byte[wide];
    }

    /// <summary>Where the samples of a block go.</summary>
    /// <param name="component">The component's place in the frame.</param>
    /// <param name="mcuColumn">The column of its MCU.</param>
    /// <param name="x">Its column within the MCU.</param>
    /// <param name="y">Its row within the MCU.</param>
    /// <param name="stride">From one row of samples to the next.</param>
    public Span<byte> Samples(int component, int mcuColumn, int x, int y, out int stride)
    {
        var plane = _planes[component];
        stride = plane.Stride;
        var column = (mcuColumn - Mcus.Left) * _frame.Components[component].Across + x;
        return plane.From(column * JpegFrame.BlockSize, y * JpegFrame.BlockSize);
    }

    /// <summary>
    /// Makes pixels when all blocks of a row of MCUs are there, except of the last row if that waits for the next MCUs.
    /// </summary>
    public void Finish(int mcuRow)
    {
        if (_frame.HasNarrowChroma)
            ExtendChroma();
        var isLast = mcuRow == _frame.McuRows - 1;
        var (top, bottom) = (mcuRow * _frame.McuSize.Height, (mcuRow + 1) * _frame.McuSize.Height);
        var end = Math.Min(_target.Area.Bottom, _frame.HasLowChroma && !isLast ? bottom - 1 : bottom);
        for (; _nextRow < end; _nextRow++)
            WriteRow(_nextRow, top);
        for (var i = 0; i < _frame.Components.Count; i++)
            _planes[i].Advance();
    }

    private void ExtendChroma()
    {
        for (var i = 1; i < _frame.Components.Count; i++)
        {
            if (Mcus.Left == 0)
                _planes[i].RepeatFirst();
            if (Mcus.Right == _frame.McuColumns)
                _planes[i].RepeatLast(_frame.SizeOf(i).Width - Mcus.Left * JpegFrame.BlockSize);
        }
    }

    /// <summary>Writes a row of pixels.</summary>
    /// <param name="row">Which of the picture's.</param>
    /// <param name="top">The first row of the MCUs that the planes hold.</param>
    private void WriteRow(int row, int top)
    {
        var left = _target.Area.Left - Mcus.Left * _frame.McuSize.Width;
        var luma = _planes[0].From(left, row - top);
        var pixels = _target.Row(row);
        if (_frame.Components.Count == 1)
            JpegColors.Convert(luma, _target.Width, pixels);
        else
            JpegColors.Convert(luma, Chroma(1, row, top)[left..], Chroma(2, row, top)[left..], _target.Width, pixels);
    }

    /// <summary>A row of chroma, as wide as luma.</summary>
    private ReadOnlySpan<byte> Chroma(int component, int row, int top)
    {
        var (plane, wide) = (_planes[component], _wide[component - 1]);
        if (!_frame.HasNarrowChroma)
            return plane.From(0, row - top);
        var count = Mcus.Width * JpegFrame.BlockSize;
        if (!_frame.HasLowChroma)
        {
            JpegUpsampling.Widen(plane.From(-1, row - top), count, wide);
            return wide;
        }

        var near = row / 2;
        var far = Math.Clamp(row % 2 == 0 ? near - 1 : near + 1, 0, _frame.SizeOf(component).Height - 1);
        JpegUpsampling.WidenBetween(plane.From(-1, near - top / 2), plane.From(-1, far - top / 2), count, wide);
        return wide;
    }
}
