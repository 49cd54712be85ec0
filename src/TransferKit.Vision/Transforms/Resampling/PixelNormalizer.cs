namespace TransferKit.Vision;

/// <summary>
/// Turns pixels into the network's numbers, exactly as torchvision's ToTensor and Normalize do in float32. A channel has only 256
/// values, so each is computed once. Not for use by several threads at once.
/// </summary>
internal sealed unsafe class PixelNormalizer
{
    private readonly float[] _red = new float[256];
    private readonly float[] _green = new float[256];
    private readonly float[] _blue = new float[256];
    private (ChannelValues Mean, ChannelValues Std) _current;

    /// <summary>Writes <c>(value / 255 − mean) / std</c>, the channels of a pixel side by side.</summary>
    /// <param name="pixels">Red, green, blue and one unused byte a pixel.</param>
    /// <param name="count">The number of pixels.</param>
    /// <param name="target">Room for 3 · count numbers.</param>
    /// <param name="normalization">Mean and standard deviation of each channel, in 0..1.</param>
    public void Normalize(byte* pixels, int count, float* target, (ChannelValues Mean, ChannelValues Std) normalization)
    {
        if (normalization != _current)
            Compute(normalization);
        fixed (float* red = _red, green = _green, blue = _blue)
        {
            for (var end = pixels + (nint)count * PixelBuffer.BytesPerPixel; pixels < end; pixels += PixelBuffer.BytesPerPixel)
            {
                target[0] = red[pixels[0]];
                target[1] = green[pixels[1]];
                target[2] = blue[pixels[2]];
                target += 3;
            }
        }
    }

    /// <summary>
    /// Writes <c>(red / 255 − mean) / std</c>, with the averages of the channels' means and deviations, one number a pixel.
    /// </summary>
    /// <param name="pixels">Red, green, blue and one unused byte a pixel.</param>
    /// <param name="count">The number of pixels.</param>
    /// <param name="target">Room for count numbers.</param>
    /// <param name="normalization">Mean and standard deviation of each channel, in 0..1.</param>
    public void NormalizeGray(byte* pixels, int count, float* target, (ChannelValues Mean, ChannelValues Std) normalization)
    {
        var (mean, std) = (Average(normalization.Mean), Average(normalization.Std));
        for (var x = 0; x < count; x++)
            target[x] = (pixels[x * PixelBuffer.BytesPerPixel] / 255f - mean) / std;

        static float Average(ChannelValues values) => (values.Red + values.Green + values.Blue) / 3;
    }

    private void Compute((ChannelValues Mean, ChannelValues Std) normalization)
    {
        var (mean, std) = _current = normalization;
        for (var value = 0; value < 256; value++)
        {
            _red[value] = (value / 255f - mean.Red) / std.Red;
            _green[value] = (value / 255f - mean.Green) / std.Green;
            _blue[value] = (value / 255f - mean.Blue) / std.Blue;
        }
    }
}
