using System.Drawing;
using System.Numerics;

namespace TransferKit.Vision;

/// <summary>
/// A fingerprint of how a picture looks: shrunk to 17 × 16 gray pixels, one bit for each pair of neighbors tells which is
/// lighter ("dHash", N. Krawetz, 2013, with 256 bits). Scaling and compression flip few of the bits.
/// </summary>
internal readonly record struct PerceptualHash(ulong A, ulong B, ulong C, ulong D)
{
    private const int Side = 16;

    /// <summary>Pictures whose hashes differ in at most so many bits count as near-duplicates.</summary>
    public const int NearDistance = 12;

    /// <summary>Computes the hash of a loaded picture, which is changed by it.</summary>
    public static unsafe PerceptualHash Of(Canvas canvas)
    {
        canvas.Resize(new Size(Side + 1, Side), Interpolation.Bilinear);
        var pixels = canvas.Pixels();
        var words = stackalloc ulong[Side * Side / 64];
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
            {
                var bit = y * Side + x;
                if (Gray(pixels.At(x, y)) < Gray(pixels.At(x + 1, y)))
                    words[bit / 64] |= 1UL << (bit % 64);
            }

        return new(words[0], words[1], words[2], words[3]);
    }

    /// <summary>The number of bits that differ.</summary>
    public int DistanceTo(PerceptualHash other) =>
        BitOperations.PopCount(A ^ other.A) + BitOperations.PopCount(B ^ other.B)
        + BitOperations.PopCount(C ^ other.C) + BitOperations.PopCount(D ^ other.D);

    /// <summary>
    /// One of the sixteen parts of 16 bits each. Hashes that differ in fewer than sixteen bits have at least one part in common.
    /// </summary>
    public ushort Part(int index) => (ushort)((index / 4) switch { 0 => A, 1 => B, 2 => C, _ => D } >> (16 * (index % 4)));

    // Weights of ITU-R BT.601, in thousandths.
    private static unsafe int Gray(byte* pixel) => 299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2];
}
