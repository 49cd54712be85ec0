using System.Runtime.Intrinsics.X86;

namespace TransferKit.Vision;

/// <summary>
/// The two inner loops of resampling. Every kernel gives the same bytes: sums of pixel · weight in 32-bit integers, plus a
/// half, shifted right by <see cref="AxisWeights.FractionBits"/>, clamped to 0..255.
/// </summary>
internal abstract unsafe class ResampleKernel
{
    /// <summary>The fastest kernel that this processor runs.</summary>
    public static ResampleKernel Fastest { get; } = Avx2.IsSupported ? new Avx2ResampleKernel() : new PortableResampleKernel();

    /// <summary>
    /// Makes every row as wide as <paramref name="weights"/> has positions. May read up to 12 bytes past the last pixel used.
    /// </summary>
    /// <param name="source">Source pixel 0 of the first row, 4 bytes a pixel.</param>
    /// <param name="sourceStride">Bytes from one source row to the next.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="weights">The weights along a row.</param>
    /// <param name="target">Output pixel 0 of the first row.</param>
    /// <param name="targetStride">Bytes from one output row to the next.</param>
    public abstract void ResampleRows(
        byte* source, nint sourceStride, int rows, AxisWeights weights, byte* target, nint targetStride);

    /// <summary>
    /// Makes one output row out of several source rows. Works in whole vectors of 32 bytes: rows must be padded to them, and
    /// one row past the last one used must be readable.
    /// </summary>
    /// <param name="source">Source row 0.</param>
    /// <param name="sourceStride">Bytes from one source row to the next.</param>
    /// <param name="bytes">Bytes in a row.</param>
    /// <param name="weights">The weights along a column.</param>
    /// <param name="position">Which output position of <paramref name="weights"/> to compute.</param>
    /// <param name="target">The output row.</param>
    public abstract void BlendRows(
        byte* source, nint sourceStride, int bytes, AxisWeights weights, int position, byte* target);
}
