using System.Drawing;

namespace TransferKit.Vision;

/// <summary>A picture that is decoded here from its file's bytes, and not by the image library.</summary>
/// <param name="name">What messages call it.</param>
/// <param name="file">The encoded bytes; not owned.</param>
/// <param name="length">Their number.</param>
/// <param name="options">How to decode.</param>
internal abstract unsafe class FilePicture(string name, byte* file, int length, DecodingOptions options) : Picture
{
    protected byte* File { get; } = file;

    protected int Length { get; } = length;

    protected Color? Background { get; } = options.Background;

    protected int ReadByte(long offset) => offset < Length ? File[offset] : throw Truncated();

    protected int ReadUInt16(long offset) => ReadByte(offset) | ReadByte(offset + 1) << 8;

    protected uint ReadUInt32(long offset) => (uint)ReadUInt16(offset) | (uint)ReadUInt16(offset + 2) << 16;

    public override void Dispose()
    {
        // The bytes belong to the decoder.
    }

    protected ImageException Truncated() => Fault("the file is truncated");

    protected ImageException Damaged() => Fault("the file is damaged");

    protected ImageException UnknownVariant() => Fault(ImageDecoder.UnknownVariant);

    private ImageException Fault(string reason) => new(name, reason);
}
