using SkiaSharp;

namespace Flowers.Drawing;

/// <summary>Stems, leaves and blades of grass.</summary>
internal static class Foliage
{
    /// <summary>A stem that leaves its flower in one direction and bends down to the ground.</summary>
    /// <param name="canvas">A square of side <see cref="Scene.Side"/>.</param>
    /// <param name="from">Where the flower sits.</param>
    /// <param name="direction">The angle at which it leaves, in degrees clockwise from straight down.</param>
    /// <param name="width">How thick it is.</param>
    /// <param name="color">The color of stem and leaves.</param>
    /// <param name="random">Decides the bend and the leaves.</param>
    /// <param name="leafWidth">The width of a leaf in proportion to its length; 0 for a bare stem.</param>
    public static void Stem(
        SKCanvas canvas, SKPoint from, float direction, float width, SKColor color, SeededRandom random, float leafWidth)
    {
        var angle = direction * MathF.PI / 180;
        var length = Scene.Side + 5 - from.Y;
        var foot = new SKPoint(from.X - MathF.Sin(angle) * length * 0.5f + random.Next(-8f, 8f), Scene.Side + 5);
        var bend1 = new SKPoint(from.X - MathF.Sin(angle) * length * 0.4f, from.Y + MathF.Cos(angle) * length * 0.4f);
        var bend2 = new SKPoint(foot.X + random.Next(-5f, 5f), foot.Y - length * 0.3f);
        using var stem = Brush.Curve(from, bend1, bend2, foot);
        canvas.Stroke(stem, color.Lighter(-14), width);
        canvas.Translate(-width * 0.15f, 0);
        canvas.Stroke(stem, color.Lighter(4), width * 0.5f);
        canvas.Translate(width * 0.15f, 0);

        var leaves = leafWidth > 0 ? random.Next(1, 4) : 0;
        for (var i = 0; i < leaves; i++)
        {
            var root = new SKPoint(foot.X + (bend2.X - foot.X) * 0.5f, foot.Y - length * random.Next(0f, 0.3f));
            var reach = random.Next(18f, 42f);
            var lean = random.Next(12f, 60f) * (random.Chance(0.5f) ? 1 : -1) * MathF.PI / 180;
            var tip = new SKPoint(root.X + MathF.Sin(lean) * reach, root.Y - MathF.Cos(lean) * reach);
            Leaf(canvas, root, tip, reach * leafWidth, color.Lighter(random.Next(-8f, 8f)));
        }
    }

    /// <summary>A pointed leaf with a midrib, darker on one side of it.</summary>
    public static void Leaf(SKCanvas canvas, SKPoint root, SKPoint tip, float width, SKColor color)
    {
        var along = tip - root;
        var length = MathF.Max(along.Length, 0.01f);
        var across = new SKPoint(-along.Y / length * width, along.X / length * width);
        var middle = new SKPoint(root.X + along.X * 0.45f, root.Y + along.Y * 0.45f);
        using var builder = new SKPathBuilder();
        builder.MoveTo(root);
        builder.QuadTo(middle + across, tip);
        builder.QuadTo(middle - across, root);
        using var shape = builder.Detach();
        using var shade = SKShader.CreateLinearGradient(middle + across, middle - across,
            [color.Lighter(8), color, color.Lighter(-12)], [0.2f, 0.5f, 0.6f], SKShaderTileMode.Clamp);
        canvas.Fill(shape, shade);
        using var rib = Brush.Curve(root, middle, middle, tip);
        canvas.Stroke(rib, color.Lighter(14).WithAlpha(150), 0.4f);
    }

    /// <summary>A tuft of grass over the whole width, its blades rooted at a height.</summary>
    public static void Grass(SKCanvas canvas, float ground, float height, int blades, SKColor color, SeededRandom random)
    {
        for (var i = 0; i < blades; i++)
        {
            var root = new SKPoint(random.Next(-5f, Scene.Side + 5), ground + random.Next(0f, 6f));
            var tip = new SKPoint(root.X + random.Next(-12f, 12f), root.Y - height * random.Next(0.5f, 1.2f));
            Leaf(canvas, root, tip, random.Next(0.8f, 2.2f), color.Lighter(random.Next(-14f, 14f)));
        }
    }
}
