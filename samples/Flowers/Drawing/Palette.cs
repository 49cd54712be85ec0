using SkiaSharp;

namespace Flowers.Drawing;

/// <summary>The colors of things that grow, in hue (degrees), saturation and lightness (percent).</summary>
internal static class Palette
{
    private static readonly (float Hue, float Saturation, float Lightness)[] Petals =
    [
        (50, 20, 93), (48, 60, 86), (49, 92, 58), (28, 92, 58), (335, 70, 78), (325, 60, 62), (355, 78, 50), (285, 42, 58),
    ];

    /// <summary>A color for petals: white, cream, yellow, orange, pink, magenta, red or violet.</summary>
    public static SKColor Petal(SeededRandom random)
    {
        var (hue, saturation, lightness) = random.Pick<(float, float, float)>(Petals);
        return Hsl(hue + random.Next(-6f, 6f), saturation * random.Next(0.8f, 1.1f), lightness + random.Next(-4f, 4f));
    }

    /// <summary>A green, from yellowish to bluish.</summary>
    public static SKColor Green(SeededRandom random, float lightness) =>
        Hsl(random.Next(75f, 135f), random.Next(28f, 62f), lightness);

    /// <summary>A color from its hue, which may be any angle, and saturation and lightness, which are clamped.</summary>
    public static SKColor Hsl(float hue, float saturation, float lightness) =>
        SKColor.FromHsl((hue + 360) % 360, Math.Clamp(saturation, 0, 100), Math.Clamp(lightness, 0, 100));

    /// <summary>The same color, lighter (or darker, if negative) by so many percent.</summary>
    public static SKColor Lighter(this SKColor color, float percent)
    {
        color.ToHsl(out var hue, out var saturation, out var lightness);
        return Hsl(hue, saturation, lightness + percent).WithAlpha(color.Alpha);
    }
}
