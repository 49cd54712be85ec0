using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Another picture without its color: red, green and blue are all what PIL's <c>convert("L")</c> gives, ITU-R BT.601's luma.
/// </summary>
internal sealed unsafe class GrayPicture(Picture picture) : Picture
{
    /// <inheritdoc/>
    public override Size Size => picture.Size;

    /// <inheritdoc/>
    public override long DecodingBytes => picture.DecodingBytes;

    /// <inheritdoc/>
    public override void Decode(Rectangle part, PixelBuffer target)
    {
        picture.Decode(part, target);
        for (var y = 0; y < target.Height; y++)
        {
            var pixel = target.Data + y * target.Stride;
            for (var x = 0; x < target.Width; x++, pixel += PixelBuffer.BytesPerPixel)
                pixel[0] = pixel[1] = pixel[2] = PixelBlend.Gray(pixel);
        }
    }

    public override void Dispose() => picture.Dispose();
}
