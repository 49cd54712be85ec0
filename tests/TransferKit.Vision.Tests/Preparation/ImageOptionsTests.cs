using System.Drawing;

namespace TransferKit.Vision.Tests;

public class ImageOptionsTests
{
    [Fact]
    public void Orientation_can_be_left_unapplied()
    {
        var options = new ImageOptions { ApplyOrientation = false };
        var stored = Fixture.Decode("orientation_1.jpg");

        Fixture.Decode(Fixture.Source("orientation_6.jpg"), options: options).Should().Equal(stored);
        Fixture.Decode("orientation_6.jpg").Should().NotEqual(stored);
    }

    [Theory]
    [InlineData("rgba.png")]
    [InlineData("rgba.bmp")]
    [InlineData("deflate.tif")]
    [InlineData("grey_alpha.tif")]
    [InlineData("mirrored_rgba.tga")]
    [InlineData("pixels_4.qoi")]
    public void A_background_shows_through_transparent_pixels(string file)
    {
        var dropped = Fixture.Decode(file);
        var onRed = Fixture.Decode(Fixture.Source(file), options: new ImageOptions { Background = Color.Red });
        var onBlack = Fixture.Decode(Fixture.Source(file), options: new ImageOptions { Background = Color.Black });

        onRed.Should().NotEqual(dropped);
        for (var i = 0; i < dropped.Length; i += 3)
        {
            // Red over red stays lighter than over black by what shines through; green and blue get none.
            onRed[i].Should().BeGreaterThanOrEqualTo(onBlack[i]);
            onRed[i + 1].Should().Be(onBlack[i + 1]);
            onBlack[i].Should().BeLessThanOrEqualTo(dropped[i]);
        }
    }

    [Fact]
    public void A_background_changes_nothing_behind_opaque_pixels()
    {
        Fixture.Decode(Fixture.Source("grey.png"), options: new ImageOptions { Background = Color.Red })
            .Should().Equal(Fixture.Decode("grey.png"));
    }

    [Fact]
    public void The_limit_of_pixels_can_be_moved()
    {
        var reading = () => Fixture.Decode(Fixture.Source("rgb_13x17.png"), options: new ImageOptions { PixelLimit = 220 });
        reading.Should().Throw<ImageException>().Which.Reason.Should().Be("13 × 17 pixels are more than the limit of 220");
    }

    [Fact]
    public void The_limit_of_pixels_is_written_as_in_English()
    {
        using var culture = new OtherCulture();
        var reading = () => Fixture.Decode(Fixture.Source("rgb_97x61.png"), options: new ImageOptions { PixelLimit = 1220 });
        reading.Should().Throw<ImageException>().Which.Reason.Should().EndWith("the limit of 1,220");
    }
}
