using System.Drawing;
using SkiaSharp;

namespace TransferKit.Vision;

/// <summary>A grid of pictures of one size, each with a line of text below, written as PNG.</summary>
internal sealed unsafe class PictureSheet : IDisposable
{
    private const int Margin = 8;
    private const int TextHeight = 20;
    private const int TextSize = 13;

    private readonly SKBitmap _sheet;
    private readonly SKCanvas _canvas;
    private readonly SKFont _font = new(FindTypeface(), TextSize);
    private readonly SKPaint _ink = new() { Color = SKColors.Black, IsAntialias = true };
    private readonly Size _picture;
    private readonly int _columns;
    private int _count;

    public PictureSheet(int count, Size picture)
    {
        _picture = picture;
        _columns = (int)Math.Ceiling(Math.Sqrt(count));
        var rows = (count + _columns - 1) / _columns;
        _sheet = new SKBitmap(
            _columns * (picture.Width + Margin) + Margin,
            rows * (picture.Height + TextHeight + Margin) + Margin,
            SKColorType.Rgba8888,
            SKAlphaType.Opaque);
        _canvas = new SKCanvas(_sheet);
        _canvas.Clear(SKColors.White);
    }

    /// <summary>Puts a picture in the next place.</summary>
    public void Add(PixelBuffer pixels, string text)
    {
        var left = Margin + _count % _columns * (_picture.Width + Margin);
        var top = Margin + _count / _columns * (_picture.Height + TextHeight + Margin);
        _count++;

        var format = new SKImageInfo(pixels.Width, pixels.Height, SKColorType.Rgb888x, SKAlphaType.Opaque);
        using (var image = SKImage.FromPixelCopy(format, (nint)pixels.Data, (int)pixels.Stride))
            _canvas.DrawImage(image, left, top, SKSamplingOptions.Default);

        _canvas.Save();
        _canvas.ClipRect(SKRect.Create(left, top + _picture.Height, _picture.Width, TextHeight));
        _canvas.DrawText(text, left, top + _picture.Height + TextHeight - 5, SKTextAlign.Left, _font, _ink);
        _canvas.Restore();
    }

    /// <summary>Writes the sheet as PNG.</summary>
    public void Save(string path)
    {
        _canvas.Flush();
        using var png = _sheet.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, png.SaveTo);
    }

    public void Dispose()
    {
        _canvas.Dispose();
        _sheet.Dispose();
        _font.Dispose();
        _ink.Dispose();
    }

    /// <summary>
    /// The image library's build for Linux brings no fonts and does not look for any; there one is taken from the usual folder.
    /// Where there is none, the sheet goes without text.
    /// </summary>
    private static SKTypeface FindTypeface()
    {
        const string linuxFonts = "/usr/share/fonts";
        if (SKTypeface.Default.GlyphCount > 0 || !Directory.Exists(linuxFonts))
            return SKTypeface.Default;
        var search = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        var fonts = Directory.GetFiles(linuxFonts, "*.ttf", search);
        var upright = fonts.FirstOrDefault(font => font.EndsWith("Sans.ttf", StringComparison.Ordinal))
            ?? fonts.FirstOrDefault(font => font.EndsWith("-Regular.ttf", StringComparison.Ordinal));
        return (upright ?? fonts.FirstOrDefault()) is { } path ? SKTypeface.FromFile(path) : SKTypeface.Default;
    }
}
