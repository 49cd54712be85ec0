namespace TransferKit.Tests.Weights;

public class KnownWeightsTests
{
    [Fact]
    public void The_table_has_all_of_torchvision_and_one_default_a_model()
    {
        KnownWeights.All.Should().HaveCount(115);
        KnownWeights.All.Select(weights => weights.Model).Distinct().Should().HaveCount(80);
        KnownWeights.All.GroupBy(weights => weights.Model).Should()
            .OnlyContain(group => group.Count(weights => weights.IsDefault) == 1);
        KnownWeights.All.Should().OnlyContain(weights => weights.FileName.Contains(weights.Sha256!) && weights.Sha256!.Length >= 8);
    }

    [Fact]
    public void ResNet50s_best_weights_are_known_in_full()
    {
        var weights = KnownWeights.Default("resnet50");

        weights.Name.Should().Be("IMAGENET1K_V2");
        weights.Url.Should().Be(new Uri("https://download.pytorch.org/models/resnet50-11ad3fa6.pth"));
        weights.FileName.Should().Be("resnet50-11ad3fa6.pth");
        weights.Sha256.Should().Be("11ad3fa6");
        weights.Top1Accuracy.Should().Be(80.858);
        weights.Parameters.Should().Be(25_557_032);
        weights.Preprocessing.Should().Be(Preprocessing.ImageNet with { ResizeSize = 232 });
        weights.License.Should().Be("BSD-3-Clause");
    }

    [Fact]
    public void ImageNets_classes_have_torchvisions_names_in_its_order()
    {
        KnownWeights.ClassNames.Should().HaveCount(1000).And.OnlyHaveUniqueItems().And.OnlyContain(name => name.Trim() == name);
        KnownWeights.ClassNames.Take(3).Should().Equal("tench", "goldfish", "great white shark");
        KnownWeights.ClassNames[985].Should().Be("daisy");
        KnownWeights.ClassNames[^1].Should().Be("toilet tissue");
    }

    [SkippableFact]
    public void ImageNets_classes_are_those_of_its_synsets()
    {
        var path = WeightsFixtures.Shared("../facts/imagenet_synsets.txt");
        Skip.If(path is null, "needs the list of synsets in ../shared/facts");
        // torchvision tells the two cranes and the two maillots apart in words of its own.
        var own = new Dictionary<string, string> { ["crane bird"] = "crane", ["maillot tank suit"] = "maillot" };
        KnownWeights.ClassNames.Zip(File.ReadLines(path)).Should().OnlyContain(pair =>
            pair.Second.Substring(10).Split(", ", StringSplitOptions.None).Contains(own.GetValueOrDefault(pair.First, pair.First)));
    }

    [Fact]
    public void Weights_that_forbid_commercial_use_say_so() =>
        KnownWeights.Find("vit_b_16", "IMAGENET1K_SWAG_E2E_V1").License.Should().Be("CC-BY-NC-4.0");

    [Theory]
    [InlineData("imagenet1k_v1", "IMAGENET1K_V1")]
    [InlineData("DEFAULT", "IMAGENET1K_V2")]
    public void Names_are_found_in_any_case(string name, string found) =>
        KnownWeights.Find("resnet50", name).Name.Should().Be(found);

    [Fact]
    public void An_unknown_name_is_answered_with_those_that_are_known() =>
        FluentActions.Invoking(() => KnownWeights.Find("resnet50", "V3")).Should().Throw<ArgumentException>()
            .WithMessage("resnet50 has no weights named 'V3'; it has IMAGENET1K_V1, IMAGENET1K_V2.*");

    [Fact]
    public void An_unknown_model_is_answered_with_similar_ones()
    {
        FluentActions.Invoking(() => KnownWeights.Default("resnet51")).Should().Throw<ArgumentException>()
            .WithMessage(
                "No pretrained weights are known for the model 'resnet51'. Did you mean resnet50, resnet101, resnet152?*");
        KnownWeights.Of("resnet51").Should().BeEmpty();
    }

    [Fact]
    public void A_file_is_recognised_by_its_name_of_today_or_of_old()
    {
        KnownWeights.Recognize("resnet50", "/x/resnet50-0676ba61.pth")!.Name.Should().Be("IMAGENET1K_V1");
        KnownWeights.Recognize("efficientnet_b0", "efficientnet_b0_rwightman-3dd342df.pth")!.Name.Should().Be("IMAGENET1K_V1");
        KnownWeights.Recognize("resnet18", "resnet50-0676ba61.pth").Should().BeNull();
        KnownWeights.Recognize("resnet50", "mine.pth").Should().BeNull();
        KnownWeights.Recognize("timm/resnet50", "/x/model.safetensors").Should().BeNull("all files of the hub are called so");
    }
}
