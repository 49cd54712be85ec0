using SkiaSharp;

namespace Flowers.Drawing;

/// <summary>A picture: flowers of one kind somewhere before a background, in some light, as a camera would see them.</summary>
internal static class Scene
{
    /// <summary>The side of the square in whose units everything is drawn, whatever the picture's size in pixels.</summary>
    public const float Side = 100;

    /// <summary>Draws a square picture.</summary>
    /// <param name="flower">The kind of flower.</param>
    /// <param name="pixels">The picture's side.</param>
    /// <param name="random">Decides background, number, place, pose, colors, light and focus.</param>
    public static SKImage Draw(Flower flower, int pixels, SeededRandom random)
    {
        using var surface = SKSurface.Create(new SKImageInfo(pixels, pixels, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var canvas = surface.Canvas;
        canvas.Scale(pixels / Side);

        canvas.SaveBlurredLayer(random.Chance(0.3f) ? random.Next(0.3f, 0.9f) : 0.15f);
        Backdrop.Draw(canvas, random);
        Companions(canvas, flower, random);
        var at = new SKPoint(random.Next(38f, 62f), random.Next(36f, 56f));
        flower(canvas, at, random.Next(26f, 42f), random);
        canvas.Restore();

        Light(canvas, random);
        Grain(canvas, random);
        return surface.Snapshot();
    }

    /// <summary>Smaller flowers of the same kind, behind the main one and out of focus.</summary>
    private static void Companions(SKCanvas canvas, Flower flower, SeededRandom random)
    {
        for (var i = random.Next(-1, 3); i > 0; i--)
        {
            canvas.SaveBlurredLayer(random.Next(0.8f, 2.2f));
            flower(canvas, new SKPoint(random.Next(4f, 96f), random.Next(20f, 75f)), random.Next(8f, 15f), random);
            canvas.Restore();
        }
    }

    private static void Light(SKCanvas canvas, SeededRandom random)
    {
        var (sin, cos) = MathF.SinCos(random.Next(0f, 2 * MathF.PI));
        var middle = new SKPoint(Side / 2, Side / 2);
        var toSun = new SKPoint(cos * Side * 0.6f, sin * Side * 0.6f);
        var sun = Palette.Hsl(random.Next(30f, 60f), random.Next(20f, 90f), 85).WithAlpha((byte)random.Next(30, 130));
        var shade = Palette.Hsl(random.Next(200f, 260f), 35, 15).WithAlpha((byte)random.Next(30, 140));
        using var slope = SKShader.CreateLinearGradient(middle + toSun, middle - toSun, [sun, shade], SKShaderTileMode.Clamp);
        canvas.Cover(slope, SKBlendMode.SoftLight);

        // The exposure of the whole, from a dull day to a bright one.
        var exposure = random.Next(-60, 40);
        var veil = exposure < 0 ? SKColors.Black : SKColors.White;
        using var veiling = SKShader.CreateColor(veil.WithAlpha((byte)Math.Abs(exposure)));
        canvas.Cover(veiling, exposure < 0 ? SKBlendMode.SrcOver : SKBlendMode.SoftLight);
    }

    private static void Grain(SKCanvas canvas, SeededRandom random)
    {
        using var noise = SKShader.CreatePerlinNoiseFractalNoise(0.9f, 0.9f, 2, random.Next(0, 10_000));
        var strength = SKColors.White.WithAlpha((byte)random.Next(10, 90));
        using var paint = new SKPaint { Shader = noise, Color = strength, BlendMode = SKBlendMode.SoftLight };
        canvas.DrawPaint(paint);
    }
}
