namespace TransferKit.Vision.Tests;

public class PictureReaderTests
{
    [Fact]
    public void The_memory_of_a_large_picture_is_given_back()
    {
        using var reader = new PictureReader(
            new ImageOptions(), Preprocessing.ImageNet, augmentation: null, new DecodingMemory(long.MaxValue));
        reader.Read([Blank(100, 80)]).Dispose();
        reader.IdleBytes.Should().BePositive("it serves the next picture");

        reader.Read([Blank(4000, 3500)]).Dispose();

        reader.IdleBytes.Should().BeLessThanOrEqualTo(64 << 20);
    }

    [Fact]
    public void Pictures_of_one_size_take_no_more_memory_with_time()
    {
        using var reader = new PictureReader(
            new ImageOptions(), Preprocessing.ImageNet, augmentation: null, new DecodingMemory(long.MaxValue));
        reader.Read([Blank(1000, 800)]).Dispose();
        var first = reader.IdleBytes;

        for (var i = 0; i < 3; i++)
            reader.Read([Blank(1000, 800)]).Dispose();

        reader.IdleBytes.Should().Be(first);
    }

    private static ImageSource Blank(int width, int height) =>
        ImageSource.FromPixels(new byte[3 * width * height], width, height);
}
