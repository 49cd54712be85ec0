using SkiaSharp;

/// <summary>
/// Pictures for samples that are run without any: fruit of three colors, which a network with ImageNet's weights learns to tell
/// apart within seconds.
/// </summary>
internal static class DrawnFruit
{
    /// <summary>Draws pictures into a folder, which has a folder of each kind then.</summary>
    /// <param name="folder">The folder, which is made if need be.</param>
    /// <param name="count">How many pictures of each kind.</param>
    /// <param name="random">What they look like.</param>
    public static void Write(string folder, int count, Random random)
    {
        foreach (var (label, hue) in new[] { ("cherry", 0f), ("lime", 120f), ("plum", 260f) })
            for (var i = 0; i < count; i++)
                Write(Path.Join(folder, label, $"{label}{i}.png"), hue, random);
    }

    private static void Write(string file, float hue, Random random)
    {
        using var bitmap = new SKBitmap(96, 80);
        using var canvas = new SKCanvas(bitmap);
        var color = SKColor.FromHsv((hue + random.Next(-12, 12) + 360) % 360, 85, random.Next(70, 95));
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        canvas.Clear(new SKColor(235, 230, 220));
        canvas.DrawCircle(random.Next(34, 62), random.Next(32, 48), random.Next(18, 30), paint);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var stream = File.Create(file);
        bitmap.Encode(stream, SKEncodedImageFormat.Png, quality: 100);
    }
}
