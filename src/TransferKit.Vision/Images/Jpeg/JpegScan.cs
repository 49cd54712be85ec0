namespace TransferKit.Vision;

/// <summary>What a scan brings (ITU T.81, B.2.3): which coefficients of which components, down to which bit.</summary>
/// <param name="Components">Their places in the frame.</param>
/// <param name="Dc">The codes of each component's DC differences.</param>
/// <param name="Ac">The codes of each component's AC coefficients.</param>
/// <param name="First">The first coefficient, in zigzag order.</param>
/// <param name="Last">The last one.</param>
/// <param name="High">The lowest bit that earlier scans brought; 0: this is the first.</param>
/// <param name="Low">The lowest bit that this one brings.</param>
internal sealed record JpegScan(
    int[] Components, JpegHuffman[] Dc, JpegHuffman[] Ac, byte First, byte Last, byte High, byte Low)
{
    /// <summary>Reads a scan's header; null if it doesn't fit the frame, or has an oddity.</summary>
    public static JpegScan? TryRead(ReadOnlySpan<byte> content, JpegFrame frame, JpegTables tables)
    {
        if (content is not [>= 1 and var count, ..] || count > frame.Components.Count || content.Length != 4 + 2 * count)
            return null;
        var (places, dc, ac) = (new int[count], new JpegHuffman[count], new JpegHuffman[count]);
        var place = -1;
        for (var i = 0; i < count; i++)
        {
            var (id, dcTable, acTable) = (content[1 + 2 * i], content[2 + 2 * i] >> 4, content[2 + 2 * i] & 15);
            // In the frame's order.
            do
                place++;
            while (place < frame.Components.Count && frame.Components[place].Id != id);
            if (place >= frame.Components.Count || dcTable >= JpegTables.Count || acTable >= JpegTables.Count)
                return null;
            (places[i], dc[i], ac[i]) = (place, tables.Dc(dcTable), tables.Ac(acTable));
        }

        var rest = content[(1 + 2 * count)..];
        var scan = new JpegScan(places, dc, ac, rest[0], rest[1], (byte)(rest[2] >> 4), (byte)(rest[2] & 15));
        return (frame.IsProgressive ? scan.IsProgression : scan.IsBaseline(frame)) && scan.HasTables(frame) ? scan : null;
    }

    private bool IsProgression =>
        (First == 0 ? Last == 0 : First <= Last && Last < JpegZigzag.Length && Components.Length == 1)
        && (High == 0 ? Low <= 13 : Low == High - 1);

    /// <summary>All of a picture in a single scan.</summary>
    private bool IsBaseline(JpegFrame frame) =>
        (First, Last, High, Low) == (0, JpegZigzag.Length - 1, 0, 0) && Components.Length == frame.Components.Count;

    private bool HasTables(JpegFrame frame)
    {
        var needsDc = First == 0 && High == 0;
        var needsAc = !frame.IsProgressive || First > 0;
        return (!needsDc || Dc.All(table => table.IsDefined)) && (!needsAc || Ac.All(table => table.IsDefined));
    }
}
