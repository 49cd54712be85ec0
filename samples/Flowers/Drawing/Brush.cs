using SkiaSharp;

namespace Flowers.Drawing;

/// <summary>Strokes and fills in one call each.</summary>
internal static class Brush
{
    public static void Fill(this SKCanvas canvas, SKPath shape, SKShader shader)
    {
        using var paint = new SKPaint { IsAntialias = true, Shader = shader };
        canvas.DrawPath(shape, paint);
    }

    public static void Stroke(this SKCanvas canvas, SKPath line, SKColor color, float width)
    {
        using var paint = new SKPaint
        {
            IsAntialias = true,
            Color = color,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = width,
            StrokeCap = SKStrokeCap.Round,
        };
        canvas.DrawPath(line, paint);
    }

    public static void Oval(this SKCanvas canvas, float x, float y, float radiusX, float radiusY, SKColor color)
    {
        using var paint = new SKPaint { IsAntialias = true, Color = color };
        canvas.DrawOval(x, y, radiusX, radiusY, paint);
    }

    /// <summary>Covers the whole canvas.</summary>
    public static void Cover(this SKCanvas canvas, SKShader shader, SKBlendMode mode = SKBlendMode.SrcOver)
    {
        using var paint = new SKPaint { Shader = shader, BlendMode = mode };
        canvas.DrawPaint(paint);
    }

    /// <summary>Starts a layer that is blurred when the canvas is restored.</summary>
    public static void SaveBlurredLayer(this SKCanvas canvas, float sigma)
    {
        using var blur = SKImageFilter.CreateBlur(sigma, sigma, SKShaderTileMode.Clamp);
        using var paint = new SKPaint { ImageFilter = blur };
        canvas.SaveLayer(paint);
    }

    /// <summary>A curve through three control points.</summary>
    public static SKPath Curve(SKPoint from, SKPoint control1, SKPoint control2, SKPoint to)
    {
        using var path = new SKPathBuilder();
        path.MoveTo(from);
        path.CubicTo(control1, control2, to);
        return path.Detach();
    }
}
