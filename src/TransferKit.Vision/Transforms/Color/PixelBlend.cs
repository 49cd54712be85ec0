namespace TransferKit.Vision;

/// <summary>PIL's <c>Image.blend</c> and <c>convert("L")</c>, to the bit.</summary>
internal static unsafe class PixelBlend
{
    /// <summary>
    /// <paramref name="from"/> + factor · (<paramref name="to"/> − from) in float32, the fraction cut off, clamped to 0..255.
    /// Factors beyond 1 go on past <paramref name="to"/>.
    /// </summary>
    public static byte Mix(int from, int to, float factor) => (byte)Math.Clamp(from + factor * (to - from), 0f, 255f);

    /// <summary>Mixes every pixel with a gray that is computed for it.</summary>
    public static void MixWithGray(PixelBuffer pixels, float factor)
    {
        for (var y = 0; y < pixels.Height; y++)
        {
            var pixel = pixels.Data + y * pixels.Stride;
            for (var x = 0; x < pixels.Width; x++, pixel += PixelBuffer.BytesPerPixel)
            {
                var gray = Gray(pixel);
                pixel[0] = Mix(gray, pixel[0], factor);
                pixel[1] = Mix(gray, pixel[1], factor);
                pixel[2] = Mix(gray, pixel[2], factor);
            }
        }
    }

    /// <summary>The lightness of a pixel: ITU-R BT.601's weights with 16 fractional bits, rounded.</summary>
    public static byte Gray(byte* pixel) => (byte)((pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16);

    /// <summary>The mean lightness of all pixels, rounded.</summary>
    public static int MeanGray(PixelBuffer pixels)
    {
        var sum = 0L;
        for (var y = 0; y < pixels.Height; y++)
        {
            var pixel = pixels.Data + y * pixels.Stride;
            for (var x = 0; x < pixels.Width; x++, pixel += PixelBuffer.BytesPerPixel)
                sum += Gray(pixel);
        }

        return (int)((double)sum / ((long)pixels.Width * pixels.Height) + 0.5);
    }
}
