using System.Buffers.Binary;
using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// The frame of a JPEG of the usual sort (ITU T.81, B.2.2): baseline or progressive Huffman coding, 8 bits, gray or YCbCr, chroma
/// as large as luma, or half as wide, or half as wide and high.
/// </summary>
internal sealed class JpegFrame
{
    /// <summary>Rows and columns of a block.</summary>
    public const int BlockSize = 8;

    // libjpeg's own limit, a little below what 16 bits can say.
    private const int LargestSide = 65500;

    private JpegFrame(Size size, bool isProgressive, JpegComponent[] components)
    {
        (Size, IsProgressive, Components) = (size, isProgressive, components);
        McuSize = new(BlockSize * components[0].Across, BlockSize * components[0].Down);
        McuColumns = (size.Width + McuSize.Width - 1) / McuSize.Width;
        McuRows = (size.Height + McuSize.Height - 1) / McuSize.Height;
    }

    /// <summary>The picture's width and height, as stored.</summary>
    public Size Size { get; }

    public bool IsProgressive { get; }

    /// <summary>Luma alone, or luma and two of chroma.</summary>
    public IReadOnlyList<JpegComponent> Components { get; }

    /// <summary>Pixels of an MCU, the least that has whole blocks of all components.</summary>
    public Size McuSize { get; }

    /// <summary>MCUs side by side.</summary>
    public int McuColumns { get; }

    /// <summary>MCUs one below the other.</summary>
    public int McuRows { get; }

    /// <summary>Whether chroma has half as many columns as luma.</summary>
    public bool HasNarrowChroma => Components is [{ Across: 2 }, ..];

    /// <summary>Whether chroma has half as many rows as luma.</summary>
    public bool HasLowChroma => Components is [{ Down: 2 }, ..];

    /// <summary>Bytes of the coefficients that must be kept until the last scan is read.</summary>
    public long CoefficientBytes =>
        IsProgressive ? (long)McuColumns * McuRows * BlocksPerMcu * JpegCoefficients.BytesPerBlock : 0;

    /// <summary>Width and height of a component, in samples.</summary>
    public Size SizeOf(int component)
    {
        var (own, most) = (Components[component], Components[0]);
        return new(
            (Size.Width * own.Across + most.Across - 1) / most.Across, (Size.Height * own.Down + most.Down - 1) / most.Down);
    }

    /// <summary>
    /// How many blocks of a component there are side by side and one below the other, apart from what fills up MCUs.
    /// </summary>
    public Size BlocksOf(int component)
    {
        var size = SizeOf(component);
        return new((size.Width + BlockSize - 1) / BlockSize, (size.Height + BlockSize - 1) / BlockSize);
    }

    /// <summary>Reads what lies before the first scan; null for a file of any other sort, and for one with an oddity.</summary>
    public static JpegFrame? TryRead(ReadOnlySpan<byte> file)
    {
        const byte application0 = 0xE0, application14 = 0xEE;
        JpegFrame? frame = null;
        var (isJfif, isYCbCr) = (false, false);
        var segments = new JpegSegments(file);
        while (segments.MoveNext() && !segments.HasStrays)
        {
            switch (segments.Marker)
            {
                case JpegSegments.StartOfScan:
                    return frame is null || isJfif || isYCbCr || frame.HasUsualIds ? frame : null;
                case application0:
                    isJfif |= segments.Content.Length >= 14 && segments.Content.StartsWith("JFIF\0"u8);
                    break;
                case application14 when segments.Content.Length >= 12 && segments.Content.StartsWith("Adobe"u8):
                    if (segments.Content[11] != 1)
                        return null; // RGB or CMYK
                    isYCbCr = true;
                    break;
                case var marker when JpegTables.Knows(marker):
                    break;
                default:
                    if (frame is not null || Parse(segments.Marker, segments.Content) is not { } found)
                        return null;
                    frame = found;
                    break;
            }
        }

        return null;
    }

    private int BlocksPerMcu => Components.Sum(component => component.Across * component.Down);

    /// <summary>Without JFIF's or Adobe's word, components of other numbers may be RGB.</summary>
    private bool HasUsualIds => Components is [_] or [{ Id: 1 }, { Id: 2 }, { Id: 3 }];

    private static JpegFrame? Parse(byte marker, ReadOnlySpan<byte> content)
    {
        const byte baseline = 0xC0, extended = 0xC1, progressive = 0xC2;
        const int componentsAt = 6, bytesPerComponent = 3;
        if (marker is not (baseline or extended or progressive) || content is not [8, _, _, _, _, (1 or 3) and var count, ..]
            || content.Length != componentsAt + bytesPerComponent * count)
            return null;
        var size = new Size(
            BinaryPrimitives.ReadUInt16BigEndian(content[3..]), BinaryPrimitives.ReadUInt16BigEndian(content[1..]));
        if (size.Width is < 1 or > LargestSide || size.Height is < 1 or > LargestSide)
            return null;
        var components = new JpegComponent[count];
        for (var i = 0; i < count; i++)
        {
            var bytes = content.Slice(componentsAt + bytesPerComponent * i, bytesPerComponent);
            components[i] = new(bytes[0], bytes[1] >> 4, bytes[1] & 15, bytes[2]);
        }

        if (components.Any(one => one.QuantizationTable >= JpegTables.Count))
            return null;
        if (components is [{ Across: >= 1 and <= 4, Down: >= 1 and <= 4 } gray])
        {
            // Its blocks interleave with no others.
            return new(size, marker == progressive, [gray with { Across = 1, Down = 1 }]);
        }

        var isUsual = components is
            [{ Across: 1, Down: 1 } or { Across: 2, Down: 1 or 2 }, { Across: 1, Down: 1 }, { Across: 1, Down: 1 }]
            && components.DistinctBy(one => one.Id).Count() == count;
        // Chroma of one or two columns isn't interpolated.
        return isUsual && (components[0].Across == 1 || size.Width > 4) ? new(size, marker == progressive, components) : null;
    }
}
