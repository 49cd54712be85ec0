namespace TransferKit.Vision;

/// <summary>Keeps only the upper bits of every value (torchvision's posterize).</summary>
/// <param name="Bits">Bits that are kept, 0 to 8.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Bits"/> is outside 0 to 8.</exception>
public sealed record Posterize(int Bits) : ColorTransform
{
    /// <summary>Bits that are kept, 0 to 8.</summary>
    public int Bits { get; } = (int)Require.Within(Bits, 0, 8);

    private protected override void Change(PixelBuffer pixels) =>
        PixelTables.Apply(pixels, PixelTables.From(value => value & ~(0xFF >> Bits)));
}
