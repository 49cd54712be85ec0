using System.Drawing;

namespace TransferKit.Vision.Tests;

public class RandomResizedCropTests
{
    [Fact]
    public void Area_and_ratio_follow_torchvisions_distribution()
    {
        var crop = new RandomResizedCrop(224);
        var picture = new Size(4000, 4000);
        var parts = Enumerable.Range(0, 20_000).Select(i => Draw(crop, picture, seed: i)).ToArray();

        var shares = parts.Select(part => (double)part.Width * part.Height / ((double)picture.Width * picture.Height)).ToArray();
        var logRatios = parts.Select(part => Math.Log((double)part.Width / part.Height)).ToArray();
        shares.Min().Should().BeGreaterThan(0.0795);
        shares.Max().Should().BeLessThanOrEqualTo(1);
        // Draws that do not fit are drawn again, which thins out the largest; 0.478 is their mean over 10⁶ draws.
        shares.Average().Should().BeApproximately(0.478, 0.008);
        logRatios.Average().Should().BeApproximately(0, 0.008);
        logRatios.Min().Should().BeGreaterThan(Math.Log(0.749));
        logRatios.Max().Should().BeLessThan(Math.Log(1.335));
    }

    [Fact]
    public void The_part_always_lies_inside_the_picture()
    {
        var crop = new RandomResizedCrop(8);
        foreach (var picture in new Size[] { new(1, 1), new(1, 50), new(50, 1), new(2, 3), new(640, 480) })
        {
            for (var seed = 0; seed < 500; seed++)
            {
                var part = Draw(crop, picture, seed);
                part.Width.Should().BePositive();
                part.Height.Should().BePositive();
                new Rectangle(Point.Empty, picture).Contains(part).Should().BeTrue();
            }
        }
    }

    [Theory]
    [InlineData(900, 30, 430, 0, 40, 30)]
    [InlineData(30, 900, 0, 430, 30, 40)]
    public void A_picture_too_long_for_every_draw_gives_its_middle(int width, int height, int x, int y, int w, int h)
    {
        var crop = new RandomResizedCrop(8) { Scale = (1, 1) };
        Draw(crop, new(width, height), seed: 1).Should().Be(new Rectangle(x, y, w, h));
    }

    [Fact]
    public void Impossible_parameters_are_refused()
    {
        FluentActions.Invoking(() => new RandomResizedCrop(0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new RandomResizedCrop(8) { Scale = (0, 1) }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new RandomResizedCrop(8) { Scale = (1, 1.5) }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new RandomResizedCrop(8) { Ratio = (2, 1) }).Should().Throw<ArgumentOutOfRangeException>();
    }

    private static Rectangle Draw(RandomResizedCrop crop, Size picture, int seed)
    {
        var random = new SeededRandom(seed, 0);
        return crop.Draw(picture, ref random);
    }
}
