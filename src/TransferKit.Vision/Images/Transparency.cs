using System.Drawing;

namespace TransferKit.Vision;

/// <summary>Puts a background behind transparent pixels.</summary>
internal static unsafe class Transparency
{
    /// <summary>
    /// Replaces each pixel by alpha · color + (255 − alpha) · background, over 255, rounded to nearest; the fourth byte of a
    /// pixel is its alpha.
    /// </summary>
    public static void Compose(PixelBuffer pixels, Color background)
    {
        for (var y = 0; y < pixels.Height; y++)
        {
            var pixel = pixels.Data + y * pixels.Stride;
            for (var x = 0; x < pixels.Width; x++, pixel += PixelBuffer.BytesPerPixel)
            {
                var alpha = pixel[3];
                pixel[0] = Blend(pixel[0], background.R, alpha);
                pixel[1] = Blend(pixel[1], background.G, alpha);
                pixel[2] = Blend(pixel[2], background.B, alpha);
            }
        }
    }

    private static byte Blend(int over, int under, int alpha) => (byte)((alpha * over + (255 - alpha) * under + 127) / 255);
}
