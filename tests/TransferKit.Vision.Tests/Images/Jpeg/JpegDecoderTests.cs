using System.Drawing;
using SkiaSharp;
using TransferKit.Fuzz;

namespace TransferKit.Vision.Tests;

/// <summary>What the decoder takes, to whose pixels; that they are PIL's is in <see cref="DecodingParityTests"/>.</summary>
public sealed unsafe class JpegDecoderTests : IDisposable
{
    private readonly JpegDecoder _decoder = new();
    private readonly PixelBuffer _pixels = new();

    [Theory]
    [InlineData("baseline_0.jpg")]
    [InlineData("baseline_1.jpg")]
    [InlineData("baseline_2.jpg")]
    [InlineData("grey.jpg")]
    [InlineData("grey_2x2.jpg")]
    [InlineData("large.jpg")]
    [InlineData("long_codes.jpg")]
    [InlineData("orientation_6.jpg")]
    [InlineData("restarts_1x1.jpg")]
    [InlineData("restarts_2x1.jpg")]
    [InlineData("restarts_2x2.jpg")]
    [InlineData("restarts_in_rows.jpg")]
    [InlineData("progressive_0.jpg")]
    [InlineData("progressive_1.jpg")]
    [InlineData("progressive_2.jpg")]
    [InlineData("progressive_restarts.jpg")]
    public void A_file_of_the_usual_sort_is_decoded_here(string name) => Takes(name).Should().BeTrue();

    [Theory]
    [InlineData("cmyk.jpg")]
    [InlineData("rgb.jpg")]
    [InlineData("sampled_1x2.jpg")]
    [InlineData("sampled_4x1.jpg")]
    [InlineData("sampled_2x2_2x1_1x1.jpg")]
    [InlineData("one_pixel.jpg")] // chroma that isn't interpolated
    [InlineData("progressive_dc_only.jpg")] // libjpeg smooths what lacks coefficients
    [InlineData("progressive_missing.jpg")]
    [InlineData("progressive_unrefined_0.jpg")]
    public void Any_other_is_left_to_the_image_library(string name) => Takes(name).Should().BeFalse();

    [Theory]
    [InlineData(SKJpegEncoderDownsample.Downsample420, 100)]
    [InlineData(SKJpegEncoderDownsample.Downsample420, 40)]
    [InlineData(SKJpegEncoderDownsample.Downsample422, 90)]
    [InlineData(SKJpegEncoderDownsample.Downsample444, 5)]
    public void Pixels_of_every_size_are_those_of_the_image_library(SKJpegEncoderDownsample chroma, int quality)
    {
        foreach (var width in Enumerable.Range(5, 30))
        {
            var size = new Size(width, 1 + width * 7 % 36);
            var file = Drawn(size, chroma, quality);

            _decoder.TryDecode(JpegFrame.TryRead(file)!, file, new(Point.Empty, size), _pixels).Should().BeTrue();

            Fixture.Bytes(_pixels, _pixels.Area).Should().Equal(ByLibrary(file, size), $"it is {size}");
        }
    }

    [Fact]
    public void A_part_alone_is_given_of_what_is_asked_for()
    {
        var file = Drawn(new(150, 110), SKJpegEncoderDownsample.Downsample420, 80);
        var part = new Rectangle(33, 47, 50, 2);

        _decoder.TryDecode(JpegFrame.TryRead(file)!, file, part, _pixels).Should().BeTrue();

        _pixels.Area.Should().Be(part);
        Fixture.Bytes(_pixels, part).Should().Equal(Fixture.Decode(ImageSource.FromBytes(file), part));
    }

    [Fact]
    public void What_lies_below_a_part_is_not_looked_at()
    {
        var file = Drawn(new(64, 64), SKJpegEncoderDownsample.Downsample444, 80);
        file.AsSpan(file.Length - 60, 50).Fill(0x55);
        var frame = JpegFrame.TryRead(file)!;

        _decoder.TryDecode(frame, file, new(0, 0, 64, 20), _pixels).Should().BeTrue();
    }

    /// <summary>A short one; <c>TransferKit.Fuzz jpeg</c> makes a million.</summary>
    [Fact]
    public void Damaged_files_are_refused_where_the_image_library_refuses_them() =>
        JpegTrial.Run(3000, 1, Directory.GetFiles(Fixture.Folder, "*.jpg"))
            .Should().Contain("all with the image library's verdict");

    [Fact]
    public void The_coefficients_of_a_progressive_picture_count_as_memory()
    {
        using var decoder = new ImageDecoder();
        long Bytes(string name)
        {
            using var picture = decoder.Open(Fixture.Source(name));
            return picture.DecodingBytes;
        }

        Bytes("baseline_2.jpg").Should().Be(4 * 97 * 61);
        // 7 × 4 MCUs of 6 blocks.
        Bytes("progressive_2.jpg").Should().Be(4 * 97 * 61 + 7 * 4 * 6 * 128);
        decoder.HeldBytes.Should().BeLessThan(100_000);
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _pixels.Dispose();
    }

    private bool Takes(string name)
    {
        var file = File.ReadAllBytes(Fixture.PathOf(name));
        return JpegFrame.TryRead(file) is { } frame && _decoder.TryDecode(frame, file, new(Point.Empty, frame.Size), _pixels);
    }

    /// <summary>Waves of color with an edge, as a JPEG.</summary>
    private static byte[] Drawn(Size size, SKJpegEncoderDownsample chroma, int quality)
    {
        using var bitmap = new SKBitmap(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (var y = 0; y < size.Height; y++)
            for (var x = 0; x < size.Width; x++)
                bitmap.SetPixel(x, y, new(Wave(x * 9 + y), Wave(y * 13 - x), (byte)(x > y ? 230 : x * y)));
        using var pixels = bitmap.PeekPixels();
        using var encoded = pixels.Encode(new SKJpegEncoderOptions(quality, chroma, SKJpegEncoderAlphaOption.Ignore));
        return encoded!.ToArray();

        static byte Wave(int phase) => (byte)(128 + 120 * Math.Sin(phase / 7.0));
    }

    private static byte[] ByLibrary(byte[] file, Size size)
    {
        using var pixels = new PixelBuffer();
        using var turning = new PixelBuffer();
        fixed (byte* start = file)
        {
            var codec = ImageDecoder.OpenCodec("", start, file.Length);
            using var picture = new EncodedImage("", codec, start, file.Length, ImageFormat.Jpeg, turning, new DecodingOptions());
            picture.Decode(new(Point.Empty, size), pixels);
        }

        return Fixture.Bytes(pixels, pixels.Area);
    }
}
