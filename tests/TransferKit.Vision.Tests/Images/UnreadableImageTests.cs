using System.Buffers.Binary;

namespace TransferKit.Vision.Tests;

public class UnreadableImageTests
{
    [Theory]
    [InlineData("baseline_2.jpg")]
    [InlineData("progressive_2.jpg")]
    [InlineData("orientation_6.jpg")]
    [InlineData("cmyk.jpg")]
    [InlineData("rgb_97x61.png")]
    [InlineData("palette.png")]
    [InlineData("lossy.webp")]
    [InlineData("lossless.webp")]
    [InlineData("rgb.bmp")]
    [InlineData("rgb565.bmp")]
    [InlineData("runs_8.bmp")]
    [InlineData("runs_4.bmp")]
    [InlineData("palette.gif")]
    [InlineData("lzw.tif")]
    [InlineData("cmyk.tif")]
    [InlineData("tiles.tif")]
    [InlineData("chroma_in_jpegs.tif")]
    [InlineData("bytes.ppm")]
    [InlineData("bytes.pbm")]
    [InlineData("text.ppm")]
    [InlineData("rgb.tga")]
    [InlineData("grey_runs.tga")]
    [InlineData("pixels_4.qoi")]
    public void A_truncated_file_is_reported_with_its_path(string file)
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(Fixture.PathOf(file));
        for (var tenths = 1; tenths <= 9; tenths++)
        {
            var path = folder.Write(file, whole.AsSpan(0, whole.Length * tenths / 10));

            var error = Reading(path).Should().Throw<ImageException>($"{tenths} tenths are there").Which;

            error.Path.Should().Be(path);
            error.Message.Should().Contain(path).And.NotContain("\n");
        }
    }

    [Theory]
    [InlineData("progressive_0.jpg")]
    [InlineData("rgb_97x61.png")]
    public void A_part_of_a_truncated_file_is_not_given_either(string file)
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(Fixture.PathOf(file));
        var path = folder.Write(file, whole.AsSpan(0, whole.Length - 3));

        var reading = () => Fixture.Decode(Source(path), new(0, 0, 5, 5));

        reading.Should().Throw<ImageException>().Which.Reason.Should().Be("the file is truncated");
    }

    [Fact]
    public void Bytes_after_the_end_do_no_harm()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in new[] { "baseline_0.jpg", "rgb_13x17.png", "lossy.webp", "rgb.bmp", "palette.gif" })
        {
            var path = folder.Write(file, [.. File.ReadAllBytes(Fixture.PathOf(file)), 0, 1, 2, 3]);
            Fixture.Decode(Source(path)).Should().Equal(Fixture.Decode(file));
        }
    }

    [Fact]
    public void An_empty_file_is_called_empty()
    {
        using var folder = new TemporaryFolder();
        Reading(folder.Write("a.jpg")).Should().Throw<ImageException>().Which.Reason.Should().Be("the file is empty");
    }

    [Fact]
    public void A_file_that_is_no_picture_is_called_so()
    {
        using var folder = new TemporaryFolder();
        Reading(folder.Write("a.jpg", "<html>not found</html>"u8)).Should().Throw<ImageException>()
            .Which.Reason.Should().Contain("not a JPEG, PNG, WebP, GIF, BMP, TIFF, PNM, TGA or QOI file");
        Reading(folder.Write("b.jpg", new byte[5000])).Should().Throw<ImageException>();
    }

    [Theory]
    [InlineData(0xC1, 12, "a JPEG of 12 bits a channel")]
    [InlineData(0xC3, 8, "a lossless JPEG")]
    [InlineData(0xC5, 8, "a hierarchical JPEG")]
    public void A_sort_of_JPEG_that_cannot_be_decoded_is_named(byte marker, byte precision, string expected)
    {
        using var folder = new TemporaryFolder();
        var file = File.ReadAllBytes(Fixture.PathOf("baseline_0.jpg"));
        var frame = file.AsSpan().IndexOf<byte>([0xFF, 0xC0]);
        (file[frame + 1], file[frame + 4]) = (marker, precision);

        Reading(folder.Write("a.jpg", file)).Should().Throw<ImageException>()
            .Which.Reason.Should().Be($"it is {expected}, which can't be decoded; save it as a usual JPEG or as PNG");
    }

    [Theory]
    [InlineData("photo.jpg", "\0\0\0\u0018ftypheic\0\0\0\0mif1heic", "HEIC")]
    [InlineData("photo.jpg", "\0\0\0\u0018ftypmif1\0\0\0\0mif1heic", "HEIC")]
    [InlineData("photo.jpg", "\0\0\0\u0018ftypmif1\0\0\0\0mif1avif", "AVIF")]
    [InlineData("photo.png", "\0\0\0\u0018ftypavif\0\0\0\0avifmif1", "AVIF")]
    [InlineData("photo.jpg", "\0\0\0\u0018ftypcrx \0\0\0\u0001crx isom", "camera raw")]
    [InlineData("photo.jpg", "\0\0\0\u000CJXL \r\n\u0087\n", "JPEG XL")]
    [InlineData("photo.jpg", "\u00FF\n\u00FF\u00FF", "JPEG XL")]
    [InlineData("photo.jpg", "\0\0\0\u000CjP  \r\n\u0087\n", "JPEG 2000")]
    [InlineData("photo.jpg", "8BPS\0\u0001", "Photoshop")]
    [InlineData("drawing.svg", "<svg/>", "SVG")]
    [InlineData("photo.NEF", "unknown", "camera raw")]
    [InlineData("photo.nef", "II*\0\b\0\0\0\0\0\0\0\0\0", "camera raw")]
    [InlineData("photo.tif", "II*\0\u0010\0\0\0CR\u0002\0", "camera raw")]
    public void A_format_that_cannot_be_decoded_is_named_whatever_the_file_is_called(string name, string content, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, System.Text.Encoding.Latin1.GetBytes(content));

        Reading(path).Should().Throw<ImageException>()
            .Which.Reason.Should().StartWith($"it is {expected}, which can't be decoded; ").And.EndWith(" to JPEG or PNG");
    }

    [Fact]
    public void A_GIF_without_a_picture_is_damaged()
    {
        using var folder = new TemporaryFolder();
        Reading(folder.Write("a.gif", [.. "GIF89a"u8, 1, 0, 1, 0, 0, 0, 0, 0x3B])).Should().Throw<ImageException>()
            .Which.Reason.Should().Be("the file is damaged");
    }

    [Fact]
    public void A_missing_file_is_called_missing()
    {
        Reading("/nowhere/a.jpg").Should().Throw<ImageException>().Which.Reason.Should().Be("the file does not exist");
    }

    [Fact]
    public void A_folder_is_not_a_picture()
    {
        using var folder = new TemporaryFolder();
        Reading(folder.Path).Should().Throw<ImageException>();
    }

    [Fact]
    public void A_picture_of_too_many_pixels_is_refused_by_its_header()
    {
        using var folder = new TemporaryFolder();
        var file = File.ReadAllBytes(Fixture.PathOf("rgb_13x17.png"));
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), 20_000);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), 20_000);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(29), Crc32(file.AsSpan(12, 17)));

        Reading(folder.Write("bomb.png", file)).Should().Throw<ImageException>().Which.Reason.Should().Contain("20000 × 20000");
    }

    [Fact]
    public void The_content_counts_and_not_the_extension()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("really_a_png.jpg", File.ReadAllBytes(Fixture.PathOf("rgb_13x17.png")));
        Fixture.Decode(Source(path)).Should().Equal(Fixture.Decode("rgb_13x17.png"));
    }

    private static Action Reading(string path) => () => Fixture.Decode(Source(path));

    private static ImageFile Source(string path) => new(Path.GetDirectoryName(path)!, Path.GetFileName(path));

    /// <summary>PNG's checksum, bit by bit.</summary>
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }
}
