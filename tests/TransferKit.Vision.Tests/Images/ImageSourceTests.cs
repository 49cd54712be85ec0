namespace TransferKit.Vision.Tests;

public class ImageSourceTests
{
    [Fact]
    public void Bytes_streams_and_files_give_the_same_picture()
    {
        var expected = Fixture.Decode("baseline_2.jpg");
        var path = Fixture.PathOf("baseline_2.jpg");

        Fixture.Decode(ImageSource.FromFile(path)).Should().Equal(expected);
        Fixture.Decode(ImageSource.FromBytes(File.ReadAllBytes(path))).Should().Equal(expected);
        Fixture.Decode(ImageSource.FromStream(() => File.OpenRead(path))).Should().Equal(expected);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(8, 2)]
    public void Bare_pixels_come_back_as_they_were(int width, int height)
    {
        byte[] pixels = [.. Enumerable.Range(0, 3 * width * height).Select(i => (byte)(i * 37))];
        Fixture.Decode(ImageSource.FromPixels(pixels, width, height)).Should().Equal(pixels);
    }

    [Fact]
    public void Pixels_must_fit_their_size()
    {
        FluentActions.Invoking(() => ImageSource.FromPixels(new byte[10], 2, 2)).Should().Throw<ArgumentException>()
            .WithMessage("*2 × 2 pixels take 12 bytes, not 10*");
    }

    [Fact]
    public void A_stream_that_fails_is_reported_under_its_name()
    {
        var source = ImageSource.FromStream(() => throw new IOException("the line is dead."), "camera 3");
        FluentActions.Invoking(() => Fixture.Decode(source)).Should().Throw<ImageException>()
            .WithMessage("Cannot read the image 'camera 3': reading the stream failed (the line is dead).");
    }

    [Fact]
    public void Whatever_a_stream_fails_with_is_reported_under_its_name()
    {
        Exception[] failures =
        [
            new InvalidDataException("bad."), new UnauthorizedAccessException("bad."), new HttpRequestException("bad."),
            new NotSupportedException("bad."),
        ];
        foreach (var failure in failures)
        {
            var source = ImageSource.FromStream(() => throw failure, "camera 3");
            FluentActions.Invoking(() => Fixture.Decode(source)).Should().Throw<ImageException>()
                .WithMessage("Cannot read the image 'camera 3': reading the stream failed (bad).")
                .Which.InnerException.Should().BeSameAs(failure);
        }

        var mistaken = ImageSource.FromStream(() => throw new DivideByZeroException());
        FluentActions.Invoking(() => Fixture.Decode(mistaken)).Should().Throw<DivideByZeroException>();
    }

    [Fact]
    public void Something_must_open_the_stream()
    {
        FluentActions.Invoking(() => ImageSource.FromStream(null!)).Should().Throw<ArgumentNullException>()
            .WithParameterName("open");
    }
}
