namespace TransferKit.Vision;

/// <summary>Changes of single channel values, by tables of 256 entries.</summary>
internal static unsafe class PixelTables
{
    /// <summary>A table from a function.</summary>
    public static byte[] From(Func<int, int> function) => [.. Enumerable.Range(0, 256).Select(value => (byte)function(value))];

    /// <summary>Looks every value of all channels up in the same table.</summary>
    public static void Apply(PixelBuffer pixels, ReadOnlySpan<byte> table) => Apply(pixels, table, table, table);

    /// <summary>Looks every value up in its channel's table.</summary>
    public static void Apply(PixelBuffer pixels, ReadOnlySpan<byte> red, ReadOnlySpan<byte> green, ReadOnlySpan<byte> blue)
    {
        for (var y = 0; y < pixels.Height; y++)
        {
            var pixel = pixels.Data + y * pixels.Stride;
            for (var x = 0; x < pixels.Width; x++, pixel += PixelBuffer.BytesPerPixel)
            {
                pixel[0] = red[pixel[0]];
                pixel[1] = green[pixel[1]];
                pixel[2] = blue[pixel[2]];
            }
        }
    }

    /// <summary>How often each value occurs in a channel (0 red, 1 green, 2 blue).</summary>
    public static int[] Histogram(PixelBuffer pixels, int channel)
    {
        var counts = new int[256];
        for (var y = 0; y < pixels.Height; y++)
        {
            var pixel = pixels.Data + y * pixels.Stride;
            for (var x = 0; x < pixels.Width; x++)
                counts[pixel[x * PixelBuffer.BytesPerPixel + channel]]++;
        }

        return counts;
    }
}
