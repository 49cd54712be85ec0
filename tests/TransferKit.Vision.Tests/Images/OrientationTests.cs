using System.Drawing;

namespace TransferKit.Vision.Tests;

public class OrientationTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public void A_part_is_found_again_after_turning_it_there_and_back(int tag)
    {
        var stored = new Size(40, 30);
        var part = new Rectangle(3, 5, 20, 11);
        var orientation = Orientation.FromExif(tag);

        var upright = orientation.ToUpright(part, stored);

        new Rectangle(Point.Empty, orientation.Turn(stored)).Contains(upright).Should().BeTrue();
        orientation.ToStored(upright, stored).Should().Be(part);
    }

    [Fact]
    public void Values_outside_the_standard_leave_the_picture_as_it_is()
    {
        Orientation.FromExif(0).IsUpright.Should().BeTrue();
        Orientation.FromExif(1).IsUpright.Should().BeTrue();
        Orientation.FromExif(9).IsUpright.Should().BeTrue();
    }
}
