using System.Buffers.Binary;

namespace TransferKit.Vision.Tests;

public class BmpImageTests
{
    [Fact]
    public void Pixels_that_runs_skip_have_the_first_color_and_others_their_own()
    {
        // Pixel 1; two to the right and one line up; pixel 2; the end.
        var pixels = Decode(8, [1, 1, 0, 2, 2, 1, 1, 2, 0, 1], compression: 1);

        // The file's first line is the lowest: 1 0 0 0, above it 0 0 0 2.
        pixels.Should().Equal(0, 0, 0, 2, 1, 0, 0, 0);
    }

    [Fact]
    public void Halves_of_bytes_come_in_any_number()
    {
        // Three pixels one by one, which fill a byte and a half of two; a line's end; a run of two colors in turn.
        var pixels = Decode(4, [0, 3, 0x12, 0x30, 0, 0, 4, 0x12, 0, 1], compression: 2);

        pixels.Should().Equal(1, 2, 1, 2, 1, 2, 3, 0);
    }

    [Theory]
    [InlineData(3, 0)] // no such number of bits
    [InlineData(8, 4)] // a JPEG inside
    [InlineData(4, 1)] // runs of 8 bits
    public void A_variant_that_is_not_known_is_called_so(short bits, int compression)
    {
        FluentActions.Invoking(() => Decode(bits, [0, 1], compression)).Should().Throw<ImageException>()
            .Which.Reason.Should().Be("it uses a variant of its format that can't be decoded; convert it to JPEG or PNG");
    }

    /// <summary>The red of each pixel of a picture of 4 × 2 pixels whose palette is red alone: 0, 1, 2, ...</summary>
    private static IEnumerable<int> Decode(short bits, byte[] data, int compression)
    {
        var file = new byte[54 + 4 * (1 << bits)];
        "BM"u8.CopyTo(file);
        Write(10, file.Length);
        Write(14, 40);
        Write(18, 4);
        Write(22, 2);
        Write(28, bits);
        Write(30, compression);
        for (var i = 0; i < 1 << bits; i++)
            file[54 + 4 * i + 2] = (byte)i;
        return Fixture.Decode(ImageSource.FromBytes(file.Concat(data).ToArray())).Chunk(3).Select(pixel => (int)pixel[0]);

        void Write(int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(offset), value);
    }
}
