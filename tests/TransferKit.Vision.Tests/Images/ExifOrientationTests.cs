using System.Buffers.Binary;

namespace TransferKit.Vision.Tests;

public class ExifOrientationTests
{
    // One entry, at offset 8: the orientation, a 16-bit number, once, 6.
    private static readonly byte[] Exif =
        [.. "II"u8, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0];

    [Fact]
    public void The_tag_is_found_in_its_directory()
    {
        ExifOrientation.Find(Exif).Should().Be(6);
    }

    [Theory]
    [InlineData(24u)]
    [InlineData(25u)]
    [InlineData(26u)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0x80000000u)]
    [InlineData(0xFFFFFFFDu)]
    [InlineData(0xFFFFFFFEu)]
    [InlineData(0xFFFFFFFFu)]
    public void A_directory_at_or_beyond_the_end_says_nothing(uint offset)
    {
        byte[] exif = [.. Exif];
        BinaryPrimitives.WriteUInt32LittleEndian(exif.AsSpan(4), offset);

        ExifOrientation.Find(exif).Should().Be(1);
    }
}
