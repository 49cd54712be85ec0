namespace TransferKit.Vision;

/// <summary>Spreads each channel's values so that all occur about equally often (torchvision's equalize).</summary>
public sealed record Equalize : ColorTransform
{
    private protected override void Change(PixelBuffer pixels) =>
        PixelTables.Apply(pixels, Table(pixels, 0), Table(pixels, 1), Table(pixels, 2));

    private static byte[] Table(PixelBuffer pixels, int channel)
    {
        var counts = PixelTables.Histogram(pixels, channel);
        // The lightest value that occurs is left out of the step, as in PIL.
        var step = (counts.Sum() - counts.Last(count => count > 0)) / 255;
        if (step == 0)
            return PixelTables.From(value => value);
        var below = step / 2;
        var table = new byte[256];
        for (var value = 0; value < 256; value++)
        {
            table[value] = (byte)Math.Min(below / step, 255);
            below += counts[value];
        }

        return table;
    }
}
