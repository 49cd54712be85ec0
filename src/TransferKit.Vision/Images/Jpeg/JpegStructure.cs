namespace TransferKit.Vision;

/// <summary>What the segments of a JPEG say of it without decoding.</summary>
internal static class JpegStructure
{
    private const int Coefficients = 64;
    private const sbyte Unknown = -1;

    /// <summary>Whether the file reaches the end of its image.</summary>
    public static bool IsComplete(ReadOnlySpan<byte> file)
    {
        var segments = new JpegSegments(file);
        while (segments.MoveNext())
        {
            // What segments hold doesn't matter here.
        }

        return segments.Marker == JpegSegments.EndOfImage;
    }

    /// <summary>The sort of JPEG that it is, where that is one that the image library can't decode; else null.</summary>
    public static string? UnreadableKind(ReadOnlySpan<byte> file)
    {
        var segments = new JpegSegments(file);
        while (segments.MoveNext() && segments.Marker != JpegSegments.StartOfScan)
        {
            if (!segments.IsFrame || segments.Content is not [var precision, ..])
                continue;
            return segments.Marker switch
            {
                0xC3 or 0xCB => "a lossless JPEG",
                not (0xC0 or 0xC1 or 0xC2 or 0xC9 or 0xCA) => "a hierarchical JPEG",
                _ => precision == 8 ? null : $"a JPEG of {precision} bits a channel",
            };
        }

        return null;
    }

    /// <summary>
    /// Whether some coefficient of a progressive JPEG is missing or lacks bits. libjpeg then makes up for it from the blocks
    /// around, two to each side, and a part that is decoded alone has other neighbors.
    /// </summary>
    public static bool LacksCoefficients(ReadOnlySpan<byte> file)
    {
        var lowestBits = new Dictionary<byte, sbyte[]>();
        var segments = new JpegSegments(file);
        while (segments.MoveNext())
        {
            if (segments.IsFrame)
            {
                if (segments.Marker is not (0xC2 or 0xCA))
                    return false;
                foreach (var channel in FrameChannels(segments.Content))
                    lowestBits.TryAdd(channel, [.. Enumerable.Repeat(Unknown, Coefficients)]);
            }
            else if (segments.Marker == JpegSegments.StartOfScan)
            {
                NoteScan(segments.Content, lowestBits);
            }
        }

        return lowestBits.Values.Any(bits => bits.Any(lowest => lowest != 0));
    }

    private static byte[] FrameChannels(ReadOnlySpan<byte> frame)
    {
        const int channelsAt = 5, bytesPerChannel = 3;
        if (frame.Length <= channelsAt)
            return [];
        var channels = new byte[Math.Min(frame[channelsAt], (frame.Length - channelsAt - 1) / bytesPerChannel)];
        for (var i = 0; i < channels.Length; i++)
            channels[i] = frame[channelsAt + 1 + i * bytesPerChannel];
        return channels;
    }

    /// <summary>A scan brings a range of coefficients of some channels down to a bit.</summary>
    private static void NoteScan(ReadOnlySpan<byte> scan, Dictionary<byte, sbyte[]> lowestBits)
    {
        if (scan is not [var count, ..] || scan.Length < 1 + 2 * count + 3)
            return;
        var (first, last, lowest) = (scan[1 + 2 * count], scan[2 + 2 * count], (sbyte)(scan[3 + 2 * count] & 0x0F));
        for (var i = 0; i < count; i++)
        {
            if (lowestBits.TryGetValue(scan[1 + 2 * i], out var bits) && first <= last && last < Coefficients)
                bits.AsSpan(first..(last + 1)).Fill(lowest);
        }
    }
}
