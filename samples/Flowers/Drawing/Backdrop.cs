using SkiaSharp;

namespace Flowers.Drawing;

/// <summary>What is behind a flower: a meadow, the sky, soil, or things too far away to be sharp.</summary>
internal static class Backdrop
{
    private static readonly Action<SKCanvas, SeededRandom>[] Places = [Meadow, Sky, Soil, Distance];

    /// <summary>Fills the canvas, out of focus by a random amount.</summary>
    public static void Draw(SKCanvas canvas, SeededRandom random)
    {
        canvas.SaveBlurredLayer(random.Next(0.4f, 3.5f));
        random.Pick<Action<SKCanvas, SeededRandom>>(Places)(canvas, random);
        canvas.Restore();
    }

    private static void Meadow(SKCanvas canvas, SeededRandom random)
    {
        Gradient(canvas, Palette.Green(random, random.Next(40f, 62f)), Palette.Green(random, random.Next(16f, 32f)));
        for (var row = 0; row < 5; row++)
            Foliage.Grass(canvas, 30 + row * 20, 34, 26, Palette.Green(random, random.Next(24f, 48f)), random);
        Blobs(canvas, random.Next(0, 14), 1f, 3f, random);
    }

    private static void Sky(SKCanvas canvas, SeededRandom random)
    {
        var hue = random.Next(200f, 222f);
        var zenith = Palette.Hsl(hue, random.Next(35f, 75f), random.Next(45f, 65f));
        Gradient(canvas, zenith, Palette.Hsl(hue - 8, 50, random.Next(74f, 90f)));
        canvas.SaveBlurredLayer(3);
        for (var puff = random.Next(0, 26); puff > 0; puff--)
        {
            var (x, y) = (random.Next(0f, Scene.Side), random.Next(0f, 60f));
            canvas.Oval(x, y, random.Next(6f, 18f), random.Next(3f, 7f), SKColors.White.WithAlpha((byte)random.Next(60, 190)));
        }

        canvas.Restore();
        var horizon = random.Next(62f, 105f);
        // The ground reaches beyond the picture, where the blur looks for a pixel's neighbors.
        using (var ground = new SKPaint { Color = Palette.Green(random, random.Next(24f, 42f)) })
            canvas.DrawRect(-Scene.Side, horizon, 3 * Scene.Side, 2 * Scene.Side, ground);
        Foliage.Grass(canvas, horizon + 6, 14, 60, Palette.Green(random, random.Next(24f, 42f)), random);
    }

    private static void Soil(SKCanvas canvas, SeededRandom random)
    {
        var hue = random.Next(16f, 38f);
        Gradient(canvas, Palette.Hsl(hue, 30, random.Next(26f, 48f)), Palette.Hsl(hue, 34, random.Next(14f, 28f)));
        for (var clod = 0; clod < 260; clod++)
        {
            var size = random.Next(0.5f, 3.5f);
            var color = Palette.Hsl(hue + random.Next(-8f, 8f), random.Next(10f, 40f), random.Next(12f, 52f)).WithAlpha(170);
            canvas.Oval(random.Next(0f, Scene.Side), random.Next(0f, Scene.Side), size, size * random.Next(0.5f, 1f), color);
        }

        for (var weed = random.Next(0, 9); weed > 0; weed--)
        {
            var root = new SKPoint(random.Next(0f, Scene.Side), random.Next(20f, Scene.Side));
            var tip = root + new SKPoint(random.Next(-16f, 16f), random.Next(-18f, 2f));
            Foliage.Leaf(canvas, root, tip, random.Next(2f, 6f), Palette.Green(random, random.Next(24f, 46f)));
        }
    }

    private static void Distance(SKCanvas canvas, SeededRandom random)
    {
        Gradient(canvas, Palette.Green(random, random.Next(10f, 60f)), Palette.Green(random, random.Next(8f, 40f)));
        canvas.SaveBlurredLayer(random.Next(1f, 5f));
        Blobs(canvas, random.Next(14, 34), 4f, 17f, random);
        canvas.Restore();
    }

    /// <summary>Far flowers and spots of light, in the colors of petals and leaves.</summary>
    private static void Blobs(SKCanvas canvas, int count, float smallest, float largest, SeededRandom random)
    {
        var blossom = Palette.Petal(random);
        for (var i = 0; i < count; i++)
        {
            var color = random.Chance(0.35f) ? blossom : Palette.Green(random, random.Next(20f, 72f));
            var radius = random.Next(smallest, largest);
            canvas.Oval(random.Next(0f, Scene.Side), random.Next(0f, Scene.Side), radius, radius * random.Next(0.7f, 1f),
                color.WithAlpha((byte)random.Next(70, 210)));
        }
    }

    private static void Gradient(SKCanvas canvas, SKColor top, SKColor bottom)
    {
        using var shader = SKShader.CreateLinearGradient(
            SKPoint.Empty, new SKPoint(0, Scene.Side), [top, bottom], SKShaderTileMode.Clamp);
        canvas.Cover(shader);
    }
}
