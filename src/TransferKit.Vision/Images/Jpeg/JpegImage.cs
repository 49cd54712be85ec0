using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// A JPEG of the usual sort, which is decoded here; if something in the file turns out to be odd, by the image library.
/// </summary>
/// <param name="name">What messages call it.</param>
/// <param name="frame">Its frame.</param>
/// <param name="file">The encoded bytes; not owned.</param>
/// <param name="length">Their number.</param>
/// <param name="decoder">Decodes it.</param>
/// <param name="turning">Room for pixels on their way to standing upright.</param>
/// <param name="options">How to decode.</param>
internal sealed unsafe class JpegImage(
    string name, JpegFrame frame, byte* file, int length, JpegDecoder decoder, PixelBuffer turning, DecodingOptions options)
    : Picture
{
    private readonly Orientation _orientation = options.ApplyOrientation
        ? Orientation.FromExif(ExifOrientation.Find(new(file, length), ImageFormat.Jpeg))
        : default;

    /// <inheritdoc/>
    public override Size Size => _orientation.Turn(frame.Size);

    /// <inheritdoc/>
    public override long DecodingBytes => frame.CoefficientBytes + (_orientation.IsUpright ? 1 : 2) * base.DecodingBytes;

    private ReadOnlySpan<byte> File => new(file, length);

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        if (FileFormat.IsComplete(File, ImageFormat.Jpeg)
            && decoder.TryDecode(frame, File, _orientation.ToStored(part, frame.Size), _orientation.IsUpright ? target : turning))
        {
            if (!_orientation.IsUpright)
                _orientation.Turn(turning, target, frame.Size);
            return;
        }

        using var other = new EncodedImage(
            name, ImageDecoder.OpenCodec(name, file, length), file, length, ImageFormat.Jpeg, turning, options);
        other.Decode(part, target);
    }

    public override void Dispose()
    {
        // The bytes and the memory belong to the decoder.
    }
}
