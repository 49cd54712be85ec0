using System.Drawing;
using System.Security.Cryptography;

namespace TransferKit.Vision.Tests;

/// <summary>The pictures in Parity/fixtures, and short ways to read them.</summary>
internal static unsafe class Fixture
{
    public static string Folder { get; } = Path.Join(AppContext.BaseDirectory, "Parity", "fixtures");

    public static string PathOf(string name) => Path.Join(Folder, name);

    public static ImageSource Source(string name) => new ImageFile(Folder, name);

    public static Size SizeOf(string name)
    {
        using var decoder = new ImageDecoder();
        using var picture = decoder.Open(Source(name));
        return picture.Size;
    }

    /// <summary>Red, green, blue of every pixel of a part (by default all) of a fixture, row by row.</summary>
    public static byte[] Decode(string name, Rectangle? part = null) => Decode(Source(name), part);

    public static byte[] Decode(ImageSource source, Rectangle? part = null, ImageOptions? options = null)
    {
        using var decoder = new ImageDecoder((options ?? new ImageOptions()).Decoding);
        using var picture = decoder.Open(source);
        using var pixels = new PixelBuffer();
        var area = part ?? new Rectangle(Point.Empty, picture.Size);
        picture.Decode(area, pixels);
        pixels.Area.Contains(area).Should().BeTrue();
        return Bytes(pixels, area);
    }

    /// <summary>Runs something on a canvas that holds a fixture and gives the pixels that come out.</summary>
    public static byte[] Transform(string name, Action<Canvas> change)
    {
        using var decoder = new ImageDecoder();
        using var picture = decoder.Open(Source(name));
        using var canvas = new Canvas();
        canvas.Load(picture);
        change(canvas);
        var pixels = canvas.Pixels();
        return Bytes(pixels, pixels.Area);
    }

    public static byte[] Transform(string name, params Transform[] steps) => Transform(name, canvas =>
    {
        var random = new SeededRandom(0, 0);
        new Transforms(steps).Apply(canvas, ref random);
    });

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static byte[] Bytes(PixelBuffer pixels, Rectangle area)
    {
        var bytes = new byte[3 * area.Width * area.Height];
        var i = 0;
        for (var y = area.Top; y < area.Bottom; y++)
            for (var x = area.Left; x < area.Right; x++)
                for (var channel = 0; channel < 3; channel++)
                    bytes[i++] = pixels.At(x, y)[channel];
        return bytes;
    }
}
