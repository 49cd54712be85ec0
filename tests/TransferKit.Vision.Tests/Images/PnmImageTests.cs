using System.Text;

namespace TransferKit.Vision.Tests;

public class PnmImageTests
{
    [Theory]
    [InlineData("P2 3 1 1000 0 500 1000", new byte[] { 0, 128, 255 })] // 127.5 goes to the even number
    [InlineData("P2\n3 1\n65535\n1000 40000 65535\n", new byte[] { 4, 156, 255 })]
    [InlineData("P5 3 1 300 \0\u0001\u0001\0\u0001,", new byte[] { 1, 218, 255 })]
    [InlineData("P2 # width\n3 # height\n1\n3 # more than there may be: 3\n0 9 3", new byte[] { 0, 255, 255 })]
    [InlineData("P1 3 1 101", new byte[] { 0, 255, 0 })]
    public void Greys_are_scaled_as_colors_are(string file, byte[] expected)
    {
        Decode(file).Chunk(3).Select(pixel => pixel[0]).Should().Equal(expected);
    }

    [Theory]
    [InlineData("P2 3 1 0 1 1 1")]
    [InlineData("P2 3 1 65536 1 1 1")]
    [InlineData("P2 0 1 255 ")]
    [InlineData("P2 3 1 255 1 x 1")]
    [InlineData("P1 3 1 021")]
    [InlineData("P2 99999999999 1 255 1")]
    public void What_makes_no_sense_is_damaged(string file)
    {
        FluentActions.Invoking(() => Decode(file)).Should().Throw<ImageException>()
            .Which.Reason.Should().Be("the file is damaged");
    }

    private static byte[] Decode(string file) => Fixture.Decode(ImageSource.FromBytes(Encoding.Latin1.GetBytes(file)));
}
