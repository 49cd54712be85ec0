namespace TransferKit.Tests.Text;

public class NearestNamesTests
{
    private static readonly string[] Names = ["conv1", "layer1", "layer2", "layer10", "fc", "features.denseblock4.conv"];

    [Fact]
    public void The_fewest_edits_come_first() => NearestNames.Of("layer11", Names).Should().Equal("layer1", "layer10", "layer2");

    [Fact]
    public void Whole_segments_inside_a_longer_name_are_near() =>
        NearestNames.Of("denseblock4", Names).Should().Equal("features.denseblock4.conv");

    [Fact]
    public void Case_does_not_count() => NearestNames.Of("FC", Names).Should().StartWith("fc");

    [Fact]
    public void Nothing_is_near_a_name_of_another_kind() => NearestNames.Of("transformer.encoder", Names).Should().BeEmpty();
}
