using System.Drawing;

namespace TransferKit.Vision.Tests;

public class PartialDecodingTests
{
    // The last one is smoothed in another way by the libjpeg of PIL, and so is no golden.
    public static TheoryData<string> Files =>
    [
        .. Goldens.All.Decoded.Keys.Where(name =>
            Path.GetExtension(name) is ".jpg" or ".bmp" or ".tif" || name is "rgba.png" or "lossy.webp"),
        "progressive_unrefined_2.jpg",
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_part_has_the_same_pixels_as_in_the_whole(string file)
    {
        var (whole, size) = (Fixture.Decode(file), Fixture.SizeOf(file));
        var random = new SeededRandom(7, size.Width);
        for (var trial = 0; trial < 40; trial++)
        {
            var width = 1 + random.Next(size.Width);
            var height = 1 + random.Next(size.Height);
            var part = new Rectangle(
                random.Next(size.Width - width + 1), random.Next(size.Height - height + 1), width, height);

            Fixture.Decode(file, part).Should().Equal(Cut(whole, size.Width, part), $"{part} was asked for");
        }
    }

    private static byte[] Cut(byte[] whole, int width, Rectangle part) =>
        [.. Enumerable.Range(part.Y, part.Height)
            .SelectMany(y => whole.AsSpan(3 * (y * width + part.X), 3 * part.Width).ToArray())];
}
