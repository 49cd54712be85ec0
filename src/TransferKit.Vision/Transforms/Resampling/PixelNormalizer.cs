using System.Runtime.Intrinsics;

namespace TransferKit.Vision;

/// <summary>Turns pixels into the network's numbers, exactly as torchvision's ToTensor and Normalize do in float32.</summary>
internal static unsafe class PixelNormalizer
{
    /// <summary>Writes <c>(value / 255 − mean) / std</c> of each channel into its own plane.</summary>
    /// <param name="pixels">Red, green, blue and one unused byte a pixel.</param>
    /// <param name="count">The number of pixels.</param>
    /// <param name="target">Where the reds go.</param>
    /// <param name="plane">Numbers from one channel's plane to the next.</param>
    /// <param name="mean">Mean of each channel, in 0..1.</param>
    /// <param name="std">Standard deviation of each channel, in 0..1.</param>
    public static void Normalize(byte* pixels, int count, float* target, nint plane, ChannelValues mean, ChannelValues std)
    {
        Normalize(pixels, count, target, 0, mean.Red, std.Red);
        Normalize(pixels, count, target + plane, 8, mean.Green, std.Green);
        Normalize(pixels, count, target + 2 * plane, 16, mean.Blue, std.Blue);
    }

    private static void Normalize(byte* pixels, int count, float* target, int shift, float mean, float std)
    {
        var x = 0;
        // Divisions, not multiplications by the reciprocal: torch divides, and the last bit would differ.
        for (; x <= count - Vector256<float>.Count; x += Vector256<float>.Count)
        {
            var values = (Vector256.Load((int*)pixels + x) >>> shift) & Vector256.Create(0xFF);
            var unit = Vector256.ConvertToSingle(values) / Vector256.Create(255f);
            ((unit - Vector256.Create(mean)) / Vector256.Create(std)).Store(target + x);
        }

        for (; x < count; x++)
        {
            var value = (((int*)pixels)[x] >>> shift) & 0xFF;
            target[x] = (value / 255f - mean) / std;
        }
    }
}
