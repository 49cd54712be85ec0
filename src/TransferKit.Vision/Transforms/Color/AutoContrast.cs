namespace TransferKit.Vision;

/// <summary>
/// Stretches each channel so that its darkest value becomes 0 and its lightest 255 (torchvision's autocontrast).
/// </summary>
public sealed record AutoContrast : ColorTransform
{
    private protected override void Change(PixelBuffer pixels) =>
        PixelTables.Apply(pixels, Table(pixels, 0), Table(pixels, 1), Table(pixels, 2));

    private static byte[] Table(PixelBuffer pixels, int channel)
    {
        var counts = PixelTables.Histogram(pixels, channel);
        var darkest = Array.FindIndex(counts, count => count > 0);
        var lightest = Array.FindLastIndex(counts, count => count > 0);
        if (darkest == lightest)
            return PixelTables.From(value => value);
        var scale = 255.0 / (lightest - darkest);
        var offset = -darkest * scale;
        return PixelTables.From(value => (int)Math.Clamp(value * scale + offset, 0, 255));
    }
}
