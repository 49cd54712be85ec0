using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Decodes JPEGs of the usual sort, as <see cref="JpegFrame"/> says, to the pixels that libjpeg-turbo gives by default, and of
/// the blocks only those that a part needs. A file with any oddity is left to the image library. Keeps its memory from picture to
/// picture; not for use by several threads at once.
/// </summary>
internal sealed class JpegDecoder : IDisposable
{
    private readonly JpegTables _tables = new();
    private readonly JpegProgressive _progressive = new();
    private readonly JpegRows _rows = new();
    private readonly short[]?[] _factors = new short[3][];

    /// <summary>Bytes of memory that it keeps from picture to picture, beside what a few rows take.</summary>
    public long HeldBytes => _progressive.HeldBytes;

    /// <summary>Decodes a part of a picture.</summary>
    /// <param name="frame">What <see cref="JpegFrame.TryRead"/> read from the file.</param>
    /// <param name="file">The file, which reaches the end of its image.</param>
    /// <param name="part">The pixels that are needed, at least one.</param>
    /// <param name="target">Gets them, and no others. Undefined if the result is false.</param>
    /// <returns>Whether it could be decoded: not if something in the file isn't quite as it should be.</returns>
    public bool TryDecode(JpegFrame frame, ReadOnlySpan<byte> file, Rectangle part, PixelBuffer target)
    {
        _tables.Clear();
        _factors.AsSpan().Clear();
        _rows.Start(frame, part, target);
        if (frame.IsProgressive)
            _progressive.Start(frame, _rows.Mcus.Bottom);
        var isBeforeFrame = true;
        var segments = new JpegSegments(file);
        while (segments.MoveNext() && !segments.HasStrays)
        {
            if (segments.Marker != JpegSegments.StartOfScan)
            {
                if (JpegTables.Knows(segments.Marker) ? !_tables.TryRead(segments.Marker, segments.Content) : !isBeforeFrame)
                    return false;
                isBeforeFrame &= !segments.IsFrame;
                continue;
            }

            if (JpegScan.TryRead(segments.Content, frame, _tables) is not { } scan || !TryTakeFactors(frame, scan))
                return false;
            if (!frame.IsProgressive)
                return TryDecodeBaseline(frame, scan, segments.Rest);
            if (!_progressive.TryRead(frame, scan, segments.Rest, _tables.McusPerRestart))
                return false;
        }

        return segments.Marker == JpegSegments.EndOfImage && !segments.HasStrays && TryFinishProgressive(frame);
    }

    public void Dispose() => _progressive.Dispose();

    /// <summary>A component keeps the factors that are defined when its first scan begins.</summary>
    private bool TryTakeFactors(JpegFrame frame, JpegScan scan)
    {
        foreach (var component in scan.Components)
        {
            _factors[component] ??= _tables.Quantization(frame.Components[component].QuantizationTable);
            if (_factors[component] is null)
                return false;
        }

        return true;
    }

    private bool TryDecodeBaseline(JpegFrame frame, JpegScan scan, ReadOnlySpan<byte> data)
    {
        Span<short> block = stackalloc short[JpegZigzag.Length];
        Span<int> predictions = stackalloc int[3];
        predictions.Clear();
        var bits = new JpegBits(data);
        for (var row = 0; row < _rows.Mcus.Bottom; row++)
        {
            for (var column = 0; column < frame.McuColumns; column++)
            {
                var mcu = (long)row * frame.McuColumns + column;
                if (JpegBits.IsRestart(mcu, _tables.McusPerRestart))
                {
                    if (!bits.TryRestart(mcu / _tables.McusPerRestart - 1))
                        return false;
                    predictions.Clear();
                }

                var isSound = _rows.Mcus.Contains(column, row)
                    ? TryDecodeMcu(ref bits, frame, scan, column, predictions, block)
                    : TrySkipMcu(ref bits, frame, scan, predictions);
                if (!isSound || bits.IsExhausted)
                    return false;
            }

            if (row >= _rows.Mcus.Top)
                _rows.Finish(row);
        }

        return true;
    }

    private bool TryDecodeMcu(ref JpegBits bits, JpegFrame frame, JpegScan scan, int column, scoped Span<int> predictions,
        scoped Span<short> block)
    {
        for (var i = 0; i < scan.Components.Length; i++)
        {
            var component = frame.Components[i];
            for (var y = 0; y < component.Down; y++)
                for (var x = 0; x < component.Across; x++)
                {
                    block.Clear();
                    var count = JpegBaseline.ReadBlock(ref bits, scan.Dc[i], scan.Ac[i], ref predictions[i], block);
                    if (count == 0)
                        return false;
                    Transform(block, hasAc: count > 1, i, column, x, y);
                }
        }

        return true;
    }

    private static bool TrySkipMcu(ref JpegBits bits, JpegFrame frame, JpegScan scan, scoped Span<int> predictions)
    {
        for (var i = 0; i < scan.Components.Length; i++)
            for (var block = frame.Components[i].Down * frame.Components[i].Across; block > 0; block--)
                if (!JpegBaseline.TrySkipBlock(ref bits, scan.Dc[i], scan.Ac[i], ref predictions[i]))
                    return false;
        return true;
    }

    private bool TryFinishProgressive(JpegFrame frame)
    {
        for (var i = 0; i < frame.Components.Count; i++)
            if (!_progressive.IsComplete(i))
                return false;
        for (var row = _rows.Mcus.Top; row < _rows.Mcus.Bottom; row++)
        {
            for (var i = 0; i < frame.Components.Count; i++)
            {
                var component = frame.Components[i];
                for (var column = _rows.Mcus.Left; column < _rows.Mcus.Right; column++)
                    for (var y = 0; y < component.Down; y++)
                        for (var x = 0; x < component.Across; x++)
                        {
                            var block = _progressive.Block(i, row * component.Down + y, column * component.Across + x);
                            Transform(block, hasAc: block[1..].ContainsAnyExcept((short)0), i, column, x, y);
                        }
            }

            _rows.Finish(row);
        }

        return true;
    }

    private void Transform(ReadOnlySpan<short> block, bool hasAc, int component, int mcuColumn, int x, int y)
    {
        var samples = _rows.Samples(component, mcuColumn, x, y, out var stride);
        var factors = _factors[component]!;
        if (hasAc)
            JpegInverseDct.Transform(block, factors, samples, stride);
        else
            JpegInverseDct.TransformDc(block[0], factors[0], samples, stride);
    }
}
