using SkiaSharp;

namespace Flowers.Drawing;

/// <summary>A cup of six broad petals on a straight stem, between long leaves.</summary>
internal static class Tulip
{
    /// <inheritdoc cref="Flower"/>
    public static void Draw(SKCanvas canvas, SKPoint at, float size, SeededRandom random)
    {
        var green = Palette.Green(random, random.Next(26f, 44f));
        var turn = random.Next(-38f, 38f);
        var angle = turn * MathF.PI / 180;
        var foot = new SKPoint(at.X - MathF.Sin(angle) * size * 0.85f, at.Y + MathF.Cos(angle) * size * 0.85f);
        Foliage.Stem(canvas, foot, turn, size * random.Next(0.11f, 0.17f), green, random, leafWidth: 0.17f);

        canvas.Save();
        canvas.Translate(at.X, at.Y);
        canvas.RotateDegrees(turn);
        canvas.Scale(size * random.Next(0.85f, 1.15f), size * random.Next(0.8f, 1.02f));
        var color = Palette.Petal(random);
        var heart = random.Chance(0.5f) ? Palette.Hsl(random.Next(50f, 80f), 70, 62) : color.Lighter(-16);
        var open = random.Next(4f, 26f);
        var width = random.Next(0.4f, 0.52f);

        // From the back to the front: what lies deeper in the cup is darker.
        Petal(canvas, open * 0.35f, width, 0.98f, color.Lighter(-17), heart, random);
        Petal(canvas, -open * 0.45f, width, 0.95f, color.Lighter(-13), heart, random);
        Petal(canvas, open * 1.2f, width, 0.96f, color.Lighter(-5), heart, random);
        Petal(canvas, -open * 1.2f, width, 0.98f, color.Lighter(-3), heart, random);
        Petal(canvas, random.Next(-0.4f, 0.4f) * open, width * 1.12f, random.Next(0.76f, 0.92f), color, heart, random);
        canvas.Restore();
    }

    /// <summary>One petal in a square from −1 to 1: rooted at (0, 1), its tip pointing up.</summary>
    private static void Petal(
        SKCanvas canvas, float lean, float width, float height, SKColor color, SKColor heart, SeededRandom random)
    {
        var top = 1 - 2 * height * random.Next(0.96f, 1.02f);
        var tip = random.Next(-0.08f, 0.08f);
        width *= random.Next(0.92f, 1.08f);
        canvas.Save();
        canvas.RotateDegrees(lean, 0, 1);
        using var builder = new SKPathBuilder();
        builder.MoveTo(0, 1);
        builder.CubicTo(-width * 1.5f, 0.95f, -width * 1.45f, top + 0.55f, tip, top);
        builder.CubicTo(width * 1.45f, top + 0.55f, width * 1.5f, 0.95f, 0, 1);
        builder.Close();
        using var shape = builder.Detach();
        using var shade = SKShader.CreateRadialGradient(new SKPoint(0, 1.1f), 2.2f,
            [heart, color.Lighter(-7), color, color.Lighter(6)], [0, 0.28f, 0.65f, 1], SKShaderTileMode.Clamp);
        canvas.Fill(shape, shade);

        canvas.ClipPath(shape, antialias: true);
        for (var vein = -3; vein <= 3; vein++)
        {
            var side = vein * width * 0.42f;
            using var line = Brush.Curve(new(0, 1), new(side, 0.8f), new(side, top + 0.6f), new(tip + side * 0.25f, top));
            canvas.Stroke(line, color.Lighter(vein % 2 == 0 ? -16 : 9).WithAlpha(70), 0.05f);
        }

        canvas.Stroke(shape, color.Lighter(-28).WithAlpha(150), 0.045f);
        canvas.Restore();
    }
}
