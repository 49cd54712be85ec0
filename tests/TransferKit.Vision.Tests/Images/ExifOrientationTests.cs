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
        ExifOrientation.FindInExif(Exif).Should().Be(6);
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

        ExifOrientation.FindInExif(exif).Should().BeNull();
    }

    [Theory]
    [InlineData(3, "0600")] // short
    [InlineData(8, "0600")]
    [InlineData(4, "06000000")] // long
    [InlineData(9, "06000000")]
    [InlineData(13, "06000000")]
    [InlineData(6, "06")]
    [InlineData(11, "0000C040")] // float
    [InlineData(5, "0600000001000000")] // rational
    [InlineData(10, "0C00000002000000")]
    [InlineData(12, "0000000000001840")] // double
    [InlineData(16, "0600000000000000")]
    [InlineData(3, "0600030001000000", 3)] // of several, the first
    public void Any_type_of_number_is_understood(byte type, string value, byte count = 1)
    {
        ExifOrientation.FindInExif(WithValue(type, value, count)).Should().Be(6);
    }

    [Theory]
    [InlineData(1, "06")] // bytes and text are no numbers to Pillow
    [InlineData(2, "3600")]
    [InlineData(7, "06")]
    [InlineData(99, "06")]
    [InlineData(4, "06000100")]
    [InlineData(5, "0D00000002000000")] // six and a half
    [InlineData(5, "0600000000000000")]
    public void What_is_no_orientation_does_not_turn_the_picture(byte type, string value)
    {
        ExifOrientation.FindInExif(WithValue(type, value)).Should().Be(0);
        ExifOrientation.Find(Jpeg([.. "Exif\0\0"u8, .. WithValue(type, value)]), ImageFormat.Jpeg).Should().Be(1);
    }

    [Fact]
    public void A_value_beyond_the_end_says_nothing()
    {
        var exif = WithValue(5, "0600000001000000");
        ExifOrientation.FindInExif(exif.AsSpan(0, exif.Length - 1)).Should().BeNull();
    }

    [Theory]
    [InlineData("""<rdf:Description tiff:Orientation="8"/>""", 8)]
    [InlineData("<tiff:Orientation>3</tiff:Orientation>", 3)]
    [InlineData("""<a note="tiff:Orientation" tiff:Orientation="5"/>""", 5)]
    [InlineData("<tiff:Orientation/>", 1)]
    public void XMP_counts_where_EXIF_says_nothing(string packet, int expected)
    {
        byte[] xmp = [.. "http://ns.adobe.com/xap/1.0/\0"u8, .. System.Text.Encoding.UTF8.GetBytes(packet)];

        ExifOrientation.Find(Jpeg(xmp), ImageFormat.Jpeg).Should().Be(expected);
        ExifOrientation.Find(Jpeg([.. "Exif\0\0"u8, .. Exif], xmp), ImageFormat.Jpeg).Should().Be(6);
    }

    /// <summary>The same block with another type and value.</summary>
    private static byte[] WithValue(byte type, string value, byte count = 1)
    {
        byte[] exif = [.. Exif];
        var bytes = Convert.FromHexString(value);
        (exif[12], exif[14]) = (type, count);
        if (bytes.Length > 4)
        {
            exif[18] = (byte)exif.Length;
            return [.. exif, .. bytes];
        }

        bytes.CopyTo(exif, 18);
        return exif;
    }

    /// <summary>A JPEG of nothing but application segments.</summary>
    private static byte[] Jpeg(params byte[][] segments) =>
        [0xFF, 0xD8, .. segments.SelectMany<byte[], byte>(one => [0xFF, 0xE1, 0, (byte)(one.Length + 2), .. one]), 0xFF, 0xD9];
}
