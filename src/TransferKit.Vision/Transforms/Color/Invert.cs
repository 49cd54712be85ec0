namespace TransferKit.Vision;

/// <summary>Makes every value 255 − value (torchvision's invert).</summary>
public sealed record Invert : ColorTransform
{
    private static readonly byte[] Table = PixelTables.From(value => 255 - value);

    private protected override void Change(PixelBuffer pixels) => PixelTables.Apply(pixels, Table);
}
