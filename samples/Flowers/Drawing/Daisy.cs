using SkiaSharp;

namespace Flowers.Drawing;

/// <summary>Many long, thin petals around a disc of florets.</summary>
internal static class Daisy
{
    // Florets grow at this angle from one another (Vogel, 1979).
    private const float GoldenAngle = 2.39996f;

    /// <inheritdoc cref="Flower"/>
    public static void Draw(SKCanvas canvas, SKPoint at, float size, SeededRandom random)
    {
        var green = Palette.Green(random, random.Next(26f, 44f));
        var turn = random.Next(-70f, 70f);
        Foliage.Stem(canvas, at, turn * 0.6f, size * random.Next(0.09f, 0.15f), green, random, leafWidth: 0.24f);

        // Seen from the side the whole flower becomes an ellipse, across the direction in which it is turned.
        var tilt = random.Next(0.5f, 1f);
        canvas.Save();
        canvas.Translate(at.X, at.Y);
        canvas.RotateDegrees(turn);
        canvas.Scale(1, tilt);
        var petal = Palette.Petal(random);
        var petals = random.Next(12, 24);
        var width = size * random.Next(2.1f, 3.1f) / petals;
        Whorl(canvas, size * 0.98f, petals, width, petal.Lighter(-9), random);
        Whorl(canvas, size * 0.93f, petals, width, petal, random);
        Disc(canvas, size * random.Next(0.22f, 0.34f), random);
        canvas.Restore();
    }

    private static void Whorl(SKCanvas canvas, float length, int petals, float width, SKColor color, SeededRandom random)
    {
        var first = random.Next(0f, 360f);
        for (var i = 0; i < petals; i++)
        {
            canvas.Save();
            canvas.RotateDegrees(first + (i + random.Next(-0.25f, 0.25f)) * 360 / petals);
            var reach = length * random.Next(0.88f, 1.03f);
            using var shape = Petal(reach, width * random.Next(0.8f, 1.15f), random.Next(-0.12f, 0.12f) * reach);
            var shown = color.Lighter(random.Next(-4f, 3f));
            using var shade = SKShader.CreateRadialGradient(
                SKPoint.Empty, reach, [shown.Lighter(-24), shown, shown.Lighter(5)], [0.2f, 0.6f, 1f], SKShaderTileMode.Clamp);
            canvas.Fill(shape, shade);
            canvas.Stroke(shape, color.Lighter(-26).WithAlpha(110), length * 0.012f);
            canvas.Restore();
        }
    }

    private static SKPath Petal(float length, float width, float bend)
    {
        using var path = new SKPathBuilder();
        path.MoveTo(length * 0.1f, 0);
        path.CubicTo(length * 0.4f, -width * 0.9f, length * 0.95f, bend - width, length, bend);
        path.CubicTo(length * 0.95f, bend + width, length * 0.4f, width * 0.9f, length * 0.1f, 0);
        path.Close();
        return path.Detach();
    }

    private static void Disc(SKCanvas canvas, float radius, SeededRandom random)
    {
        var color = Palette.Hsl(random.Next(32f, 54f), random.Next(60f, 92f), random.Next(34f, 54f));
        canvas.Oval(0, radius * 0.06f, radius * 1.08f, radius * 1.08f, SKColors.Black.WithAlpha(70));
        using (var shade = SKShader.CreateRadialGradient(new SKPoint(-radius * 0.3f, -radius * 0.3f), radius * 1.4f,
            [color.Lighter(12), color, color.Lighter(-18)], [0, 0.5f, 1], SKShaderTileMode.Clamp))
        using (var paint = new SKPaint { IsAntialias = true, Shader = shade })
            canvas.DrawCircle(0, 0, radius, paint);

        const int Florets = 90;
        for (var i = 1; i < Florets; i++)
        {
            var distance = radius * MathF.Sqrt((float)i / Florets);
            var (sin, cos) = MathF.SinCos(i * GoldenAngle);
            var floret = color.Lighter(random.Next(-20f, 20f)).WithAlpha(200);
            canvas.Oval(distance * cos, distance * sin, radius * 0.07f, radius * 0.07f, floret);
        }
    }
}
