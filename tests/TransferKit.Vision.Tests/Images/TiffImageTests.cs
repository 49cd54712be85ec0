using System.Buffers.Binary;

namespace TransferKit.Vision.Tests;

public class TiffImageTests
{
    private const int Compression = 259, Meaning = 262, TileWidth = 322, TileHeight = 323;

    [Theory]
    [InlineData(1, new byte[] { 0x12, 0xFF, 0x80 })]
    [InlineData(0, new byte[] { 0xED, 0x00, 0x7F })]
    public void Of_grey_with_16_bits_the_upper_ones_count(ushort meaning, byte[] expected)
    {
        var pixels = Fixture.Decode(Tiff(new() { [Meaning] = meaning }));

        pixels.Chunk(3).Should().AllSatisfy(pixel => pixel.Should().AllBeEquivalentTo(pixel[0]));
        pixels.Chunk(3).Select(pixel => pixel[0]).Should().Equal(expected);
    }

    [Theory]
    [InlineData(Compression, 50000)] // Zstandard
    [InlineData(Compression, 34925)] // LZMA
    [InlineData(Meaning, 8)] // CIE L*a*b*
    [InlineData(Meaning, 32803)] // what a camera's sensor saw
    public void A_variant_that_is_not_known_is_called_so(int tag, int value)
    {
        FluentActions.Invoking(() => Fixture.Decode(Tiff(new() { [tag] = (ushort)value }))).Should().Throw<ImageException>()
            .Which.Reason.Should().Be("it uses a variant of its format that can't be decoded; convert it to JPEG or PNG");
    }

    [Fact]
    public void Tiles_far_larger_than_the_picture_take_no_memory()
    {
        var tags = new Dictionary<int, ushort> { [Meaning] = 1, [TileWidth] = 65520, [TileHeight] = 65520, [324] = 8, [325] = 6 };

        FluentActions.Invoking(() => Fixture.Decode(Tiff(tags))).Should().Throw<ImageException>()
            .Which.Reason.Should().Be("the file is truncated or damaged");
    }

    [Fact]
    public void A_large_one_with_numbers_of_the_other_order_is_not_misread()
    {
        var source = ImageSource.FromBytes(new byte[] { (byte)'M', (byte)'M', 0, 43, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16 });

        FluentActions.Invoking(() => Fixture.Decode(source)).Should().Throw<ImageException>()
            .Which.Reason.Should().Be("it uses a variant of its format that can't be decoded; convert it to JPEG or PNG");
    }

    /// <summary>3 × 1 gray pixels of 16 bits: 1234, FFEE and 8000, with other values of some tags, or more tags.</summary>
    private static ImageSource Tiff(Dictionary<int, ushort> changes)
    {
        var tags = new SortedDictionary<int, ushort>
        {
            [256] = 3, [257] = 1, [258] = 16, [Compression] = 1, [Meaning] = 1, [273] = 8, [277] = 1, [278] = 1, [279] = 6,
        };
        foreach (var (tag, value) in changes)
            tags[tag] = value;
        var file = new byte[14 + 2 + 12 * tags.Count + 4];
        "II*\0"u8.CopyTo(file);
        Write(4, 14);
        Write(8, 0x1234);
        Write(10, 0xFFEE);
        Write(12, 0x8000);
        Write(14, (ushort)tags.Count);
        foreach (var (i, (tag, value)) in tags.Index())
        {
            Write(16 + 12 * i, (ushort)tag);
            Write(16 + 12 * i + 2, 3);
            Write(16 + 12 * i + 4, 1);
            Write(16 + 12 * i + 8, value);
        }

        return ImageSource.FromBytes(file);

        void Write(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(offset), value);
    }
}
