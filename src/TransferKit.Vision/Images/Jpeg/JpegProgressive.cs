using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Collects the coefficients of a progressive picture (ITU T.81, annex G), scan by scan, as far down as they are needed. Keeps
/// its memory from picture to picture.
/// </summary>
internal sealed class JpegProgressive : IDisposable
{
    private const sbyte Unknown = -1;

    private readonly JpegCoefficients _coefficients = new();

    // The lowest bit that is known of each component's coefficients, in zigzag order.
    private readonly sbyte[][] _lowest = [.. Enumerable.Range(0, 3).Select(_ => new sbyte[JpegZigzag.Length])];
    private readonly int[] _predictions = new int[3];
    private int _mcuRows;
    private int _blocksWithoutMore;

    /// <summary>Bytes of memory that it keeps from picture to picture.</summary>
    public long HeldBytes => _coefficients.HeldBytes;

    /// <summary>Starts on a picture.</summary>
    /// <param name="frame">Its frame.</param>
    /// <param name="mcuRows">How many rows of MCUs are needed, from the top.</param>
    public void Start(JpegFrame frame, int mcuRows)
    {
        _mcuRows = mcuRows;
        _coefficients.Reset(frame, mcuRows);
        foreach (var lowest in _lowest)
            lowest.AsSpan().Fill(Unknown);
    }

    /// <summary>Whether all coefficients of a component are known to the last bit.</summary>
    public bool IsComplete(int component) => _lowest[component].All(lowest => lowest == 0);

    /// <summary>A block of a component; see <see cref="JpegCoefficients.Block"/>.</summary>
    public ReadOnlySpan<short> Block(int component, int row, int column) => _coefficients.Block(component, row, column);

    /// <summary>Reads a scan; false if it doesn't go on from those before, or its bits make no sense.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="scan">The scan's header.</param>
    /// <param name="data">The file from behind the header on.</param>
    /// <param name="mcusPerRestart">MCUs from one restart marker to the next; 0: there are none.</param>
    public bool TryRead(JpegFrame frame, JpegScan scan, ReadOnlySpan<byte> data, int mcusPerRestart)
    {
        if (!scan.Components.All(component => GoesOn(scan, _lowest[component])))
            return false;
        // The blocks of a single component don't come in MCUs, and those beyond the picture's edge don't come at all.
        var isSingle = scan.Components.Length == 1;
        var units = isSingle ? frame.BlocksOf(scan.Components[0]) : new Size(frame.McuColumns, frame.McuRows);
        var rows = Math.Min(units.Height, isSingle ? _mcuRows * frame.Components[scan.Components[0]].Down : _mcuRows);
        var bits = new JpegBits(data);
        Restart();
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < units.Width; column++)
            {
                var unit = (long)row * units.Width + column;
                if (JpegBits.IsRestart(unit, mcusPerRestart))
                {
                    if (_blocksWithoutMore > 0 || !bits.TryRestart(unit / mcusPerRestart - 1))
                        return false;
                    Restart();
                }

                var isSound = isSingle
                    ? TryReadBlock(ref bits, scan, 0, _coefficients.Block(scan.Components[0], row, column))
                    : TryReadMcu(ref bits, frame, scan, row, column);
                if (!isSound || bits.IsExhausted)
                    return false;
            }

        return true;
    }

    public void Dispose() => _coefficients.Dispose();

    /// <summary>Notes what a scan brings; false if that isn't what is lacking.</summary>
    private static bool GoesOn(JpegScan scan, sbyte[] lowest)
    {
        if (scan.First > 0 && lowest[0] == Unknown)
            return false;
        var range = lowest.AsSpan(scan.First..(scan.Last + 1));
        var goesOn = !range.ContainsAnyExcept(scan.High == 0 ? Unknown : (sbyte)scan.High);
        range.Fill((sbyte)scan.Low);
        return goesOn;
    }

    private void Restart()
    {
        _predictions.AsSpan().Clear();
        _blocksWithoutMore = 0;
    }

    private bool TryReadMcu(ref JpegBits bits, JpegFrame frame, JpegScan scan, int row, int column)
    {
        for (var i = 0; i < scan.Components.Length; i++)
        {
            var component = frame.Components[scan.Components[i]];
            for (var y = 0; y < component.Down; y++)
                for (var x = 0; x < component.Across; x++)
                {
                    var block = _coefficients.Block(scan.Components[i], row * component.Down + y, column * component.Across + x);
                    if (!TryReadBlock(ref bits, scan, i, block))
                        return false;
                }
        }

        return true;
    }

    private bool TryReadBlock(ref JpegBits bits, JpegScan scan, int component, Span<short> block)
    {
        if (scan.First > 0)
            return scan.High == 0 ? TryReadAc(ref bits, scan, block) : TryRefineAc(ref bits, scan, block);
        if (scan.High > 0)
        {
            block[0] |= (short)(bits.Read(1) << scan.Low);
            return true;
        }

        ref var prediction = ref _predictions[component];
        if (!JpegBaseline.TryReadDc(ref bits, scan.Dc[component], ref prediction))
            return false;
        block[0] = (short)(prediction << scan.Low);
        return true;
    }

    /// <summary>The first bits of AC coefficients (G.1.2.2).</summary>
    private bool TryReadAc(ref JpegBits bits, JpegScan scan, Span<short> block)
    {
        if (_blocksWithoutMore > 0)
        {
            _blocksWithoutMore--;
            return true;
        }

        for (int place = scan.First; place <= scan.Last; place++)
        {
            var entry = bits.ReadEntry(scan.Ac[0], out var value);
            if (entry == 0)
                return false;
            var run = JpegHuffman.Run(entry);
            if (value == 0 && run < 15)
            {
                _blocksWithoutMore = (1 << run) + bits.Read(run) - 1;
                return true;
            }

            place += run;
            if (value == 0)
                continue;
            if (place > scan.Last)
                return false;
            block[JpegZigzag.Order[place]] = (short)(value << scan.Low);
        }

        return true;
    }

    /// <summary>
    /// A further bit of AC coefficients (G.1.2.3). Those that had none so far are coded as before; each that is passed over on
    /// the way there gets its bit.
    /// </summary>
    private bool TryRefineAc(ref JpegBits bits, JpegScan scan, Span<short> block)
    {
        int place = scan.First;
        while (_blocksWithoutMore == 0 && place <= scan.Last)
        {
            var entry = bits.ReadEntry(scan.Ac[0], out var value);
            if (entry == 0)
                return false;
            var run = JpegHuffman.Run(entry);
            if (value is < -1 or > 1)
                return false;
            if (value == 0 && run < 15)
            {
                _blocksWithoutMore = (1 << run) + bits.Read(run);
                break;
            }

            place = Refine(ref bits, scan, block, place, zeros: run);
            if (value != 0)
            {
                if (place > scan.Last)
                    return false;
                block[JpegZigzag.Order[place]] = (short)(value << scan.Low);
            }

            place++;
        }

        if (_blocksWithoutMore == 0)
            return true;
        Refine(ref bits, scan, block, place, zeros: JpegZigzag.Length);
        _blocksWithoutMore--;
        return true;
    }

    /// <summary>Gives a bit to each coefficient that has some already, on the way past so many that have none.</summary>
    /// <returns>The place of the next one that has none, or the one behind the scan's last.</returns>
    private static int Refine(ref JpegBits bits, JpegScan scan, Span<short> block, int place, int zeros)
    {
        for (; place <= scan.Last; place++)
        {
            ref var coefficient = ref block[JpegZigzag.Order[place]];
            if (coefficient == 0)
            {
                if (zeros-- == 0)
                    break;
            }
            else if (bits.Read(1) != 0)
            {
                coefficient += (short)(coefficient > 0 ? 1 << scan.Low : -1 << scan.Low);
            }
        }

        return place;
    }
}
