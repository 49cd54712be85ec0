namespace TransferKit.Tests.Backbones;

public class LayerPatternTests
{
    [Theory]
    [InlineData("layer1", "layer1.0.conv1.weight", true)]
    [InlineData("layer1", "layer10.0.conv1.weight", false)]
    [InlineData("layer1.0", "layer1", false)]
    [InlineData("layer4.*.conv1", "layer4.2.conv1.weight", true)]
    [InlineData("layer4.*.conv1", "layer4.2.bn1.weight", false)]
    [InlineData("*", "fc.bias", true)]
    public void A_pattern_matches_whole_segments(string pattern, string path, bool matches) =>
        LayerPattern.Matches(pattern, path).Should().Be(matches);

    [Theory]
    [InlineData("features.18.0", "features.18", true)]
    [InlineData("features.180", "features.18", false)]
    [InlineData("fc", "", true)]
    public void A_path_lies_within_its_ancestors(string path, string layer, bool within) =>
        LayerPattern.IsWithin(path, layer).Should().Be(within);
}
