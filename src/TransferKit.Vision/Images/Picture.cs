using System.Drawing;

namespace TransferKit.Vision;

/// <summary>A picture whose size is known and whose pixels are there for the asking, whole or in part.</summary>
internal abstract class Picture : IDisposable
{
    /// <summary>Width and height, standing upright.</summary>
    public abstract Size Size { get; }

    /// <summary>Bytes of memory that decoding all of it takes.</summary>
    public virtual long DecodingBytes => PixelBuffer.BytesPerPixel * (long)Size.Width * Size.Height;

    /// <summary>
    /// Gets the pixels of at least a part of the picture; <see cref="PixelBuffer.Area"/> then says which. Only once for each
    /// picture.
    /// </summary>
    /// <exception cref="ImageException">The file is truncated or damaged.</exception>
    public abstract void Decode(Rectangle part, PixelBuffer target);

    public abstract void Dispose();
}
