using SkiaSharp;

namespace TransferKit.Vision;

/// <summary>Encodes pixels; the image library's other direction, for pictures of results.</summary>
internal static unsafe class PictureEncoder
{
    private const int JpegQuality = 85;

    /// <summary>Encodes as PNG; small pictures are enlarged, for people to see something.</summary>
    /// <param name="rgb">Red, green and blue of each pixel, row by row.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="side">The least length of the longer side, in pixels.</param>
    public static byte[] Png(ReadOnlySpan<byte> rgb, int width, int height, int side) =>
        Encode(rgb, width, height, Math.Max(1.0, (double)side / Math.Max(width, height)), SKEncodedImageFormat.Png);

    /// <summary>Encodes as JPEG, with the longer side of a given length.</summary>
    /// <param name="rgb">Red, green and blue of each pixel, row by row.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="side">The length of the longer side, in pixels.</param>
    public static byte[] Thumbnail(ReadOnlySpan<byte> rgb, int width, int height, int side) =>
        Encode(rgb, width, height, (double)side / Math.Max(width, height), SKEncodedImageFormat.Jpeg);

    private static byte[] Encode(ReadOnlySpan<byte> rgb, int width, int height, double scale, SKEncodedImageFormat format)
    {
        var pixels = new byte[4 * width * height];
        for (var i = 0; i < width * height; i++)
        {
            rgb.Slice(3 * i, 3).CopyTo(pixels.AsSpan(4 * i));
            pixels[4 * i + 3] = byte.MaxValue;
        }
        fixed (byte* start = pixels)
        {
            var layout = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
            using var image = SKImage.FromPixelCopy(layout, (nint)start, 4 * width);
            var size = layout.WithSize(Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
            using var surface = SKSurface.Create(size);
            var sampling = scale > 1 ? new SKSamplingOptions(SKCubicResampler.Mitchell)
                : new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear);
            surface.Canvas.DrawImage(image, SKRect.Create(size.Width, size.Height), sampling);
            using var drawn = surface.Snapshot();
            using var encoded = drawn.Encode(format, JpegQuality);
            return encoded.ToArray();
        }
    }
}
