using System.Drawing;

namespace TransferKit.Vision.Tests;

public class PartialDecodingTests
{
    public static TheoryData<string> Files =>
        [.. Goldens.All.Decoded.Keys.Where(name => name.EndsWith(".jpg") || name is "rgba.png" or "lossy.webp")];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_part_has_the_same_pixels_as_in_the_whole(string file)
    {
        var golden = Goldens.All.Decoded[file];
        var whole = Fixture.Decode(file);
        var random = new SeededRandom(7, golden.Width);
        for (var trial = 0; trial < 40; trial++)
        {
            var width = 1 + random.Next(golden.Width);
            var height = 1 + random.Next(golden.Height);
            var part = new Rectangle(
                random.Next(golden.Width - width + 1), random.Next(golden.Height - height + 1), width, height);

            Fixture.Decode(file, part).Should().Equal(Cut(whole, golden.Width, part), $"{part} was asked for");
        }
    }

    private static byte[] Cut(byte[] whole, int width, Rectangle part) =>
        [.. Enumerable.Range(part.Y, part.Height)
            .SelectMany(y => whole.AsSpan(3 * (y * width + part.X), 3 * part.Width).ToArray())];
}
