namespace TransferKit.Vision.Tests;

public class DecodingParityTests
{
    public static TheoryData<string> Files => [.. Goldens.All.Decoded.Keys];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_picture_decodes_to_the_pixels_of_PIL(string file)
    {
        var golden = Goldens.All.Decoded[file];
        Fixture.SizeOf(file).Should().Be(new System.Drawing.Size(golden.Width, golden.Height));
        Fixture.Sha256(Fixture.Decode(file)).Should().Be(golden.Sha256);
    }
}
