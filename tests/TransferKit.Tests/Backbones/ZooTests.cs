using System.Globalization;
using System.Text.RegularExpressions;
using TransferKit.Tests.Weights;
using TransferKit.Timm;

namespace TransferKit.Tests.Backbones;

public sealed class ZooTests
{
    [Fact]
    public void A_name_that_both_libraries_have_is_torchvisions()
    {
        Backbone.Create("resnet50").Model.Should().Be("resnet50");
        Backbone.Create("ResNet50", Zoo.Timm).Model.Should().Be("timm/resnet50");
        Backbone.Create("timm/resnet50").Model.Should().Be("timm/resnet50");
        Backbone.Create("resnet50", Zoo.TorchVision, Pretrained.Default).Weights.Should().Be(Pretrained.Default);
    }

    [Fact]
    public void A_tag_decides_for_timm_and_for_its_weights()
    {
        var plan = Backbone.Create("resnet50.a1_in1k", Pretrained.Default);

        plan.Model.Should().Be("resnet50.a1_in1k");
        var weights = KnownWeights.Default(plan.Model);
        weights.Url.Should().Be("https://huggingface.co/timm/resnet50.a1_in1k/resolve/main/model.safetensors");
        weights.Preprocessing.Should().Be(Preprocessing.ImageNet with
        {
            CropSize = 224,
            ResizeSize = 235,
            CropShare = 0.95,
            Interpolation = Interpolation.Bicubic,
        });
        weights.Preprocessing.ForCrop(288).ResizeSize.Should().Be(303, "timm divides the size by the share");
        weights.Top1Accuracy.Should().Be(80.382);
        KnownWeights.Of("timm/resnet50").Should().Contain(weights).And.ContainSingle(known => known.IsDefault);
    }

    [Fact]
    public void Pictures_are_squashed_for_the_sets_that_want_it()
    {
        KnownWeights.Of("convnextv2_nano.fcmae_ft_in22k_in1k_384").Single().Preprocessing.Squash.Should().BeTrue();
        TimmTables.AllWeights.Count(weights => weights.Preprocessing.Squash).Should().Be(83);
    }

    [Theory]
    [InlineData("resnet50.a99_in1k", null, "*no weights named 'resnet50.a99_in1k'*resnet50.a1_in1k*")]
    [InlineData("resnet26q", null, "*no model named 'resnet26q'*resnet26*Backbone.Search*")]
    [InlineData("vit_b_16", Zoo.Timm, "*timm has no model named 'vit_b_16'*torchvision has*")]
    [InlineData("resnet26d", Zoo.TorchVision, "*torchvision has no model named 'resnet26d'*timm has*Zoo.Timm*")]
    [InlineData("regnety_040_sgn", null, "*timm's 'regnety_040_sgn'*needs an option*")]
    [InlineData("nasnetalarge.tf_in1k", null, "*timm's 'nasnetalarge' is of a family that TransferKit doesn't have yet*")]
    [InlineData("ecaresnet50d_pruned", null, "*timm's 'ecaresnet50d_pruned' is of a family that TransferKit doesn't have yet*")]
    public void A_wrong_name_gets_what_would_be_right(string name, Zoo? zoo, string message)
    {
        var create = () => zoo is { } of ? Backbone.Create(name, of) : Backbone.Create(name);

        create.Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void Weights_of_timm_asked_for_by_torchvisions_name_are_pointed_out()
    {
        var create = () => Backbone.Create("resnet50", Pretrained.Named("a1_in1k"));

        create.Should().Throw<ArgumentException>().WithMessage("*'resnet50.a1_in1k'*");
    }

    [Fact]
    public void Search_finds_weights_of_both_libraries_the_most_accurate_first()
    {
        var found = Backbone.Search("resnet50*");

        found.Select(weights => weights.Model).Should().Contain(["resnet50", "resnet50.a1_in1k", "resnet50d.ra2_in1k"]);
        found.Select(weights => weights.Top1Accuracy ?? 0).Should().BeInDescendingOrder();
        found.Should().OnlyContain(weights => weights.Parameters > 20_000_000 && weights.License.Length > 0);
        Backbone.Search("est_RESNET.r160").Should().ContainSingle().Which.Model.Should().Be("test_resnet.r160_in1k");
        Backbone.Search("no such model").Should().BeEmpty();
    }

    [Fact]
    public void Of_timms_weights_those_are_here_that_models_md_says_and_the_others_are_counted_by_reason()
    {
        var sets = TimmTables.AllWeights.Select(weights => TimmTables.ArchitectureOf(weights.Model)).ToList();
        var missing = sets.Where(name => TimmTables.Find(name) is null).Select(TimmTables.BuilderOf).ToList();
        var families = missing.OfType<string>().Where(builder => !Families.Has(builder)).CountBy(builder => builder).ToDictionary();
        var (others, unbuilt) = (families.Values.Sum(), missing.Count(builder => builder is null));

        var text = File.ReadAllText(Repository.Path("docs/models.md"));
        text.Should().ContainAll(
            string.Create(CultureInfo.InvariantCulture, $"{sets.Count - missing.Count:N0} of the {sets.Count:N0} sets of weights"),
            $"{missing.Count - others - unbuilt} need an option", $"{unbuilt} are", $"{others} are of other families");
        Regex.Matches(text, @"`(\w+)` (\d+)[,.]")
            .ToDictionary(match => match.Groups[1].Value, match => int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))
            .Should().BeEquivalentTo(families);
    }

    [Fact]
    public void A_family_has_at_most_200_lines()
    {
        var folder = Repository.Path("src/TransferKit/Backbones/Timm");

        Directory.EnumerateFiles(folder, "*.cs").Where(file => File.ReadLines(file).Count() > 200).Should().BeEmpty();
    }

    [Fact]
    public void A_saved_model_of_timms_is_loaded_again()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.tkm");
        using var model = Backbone.Create("test_resnet.r160_in1k").ReplaceHead(3).Build();
        model.Save(path);

        using var loaded = TransferModel.Load(path);

        loaded.Plan.Model.Should().Be("test_resnet.r160_in1k");
        loaded.Preprocessing.Should().Be(model.Preprocessing);
        loaded.Preprocessing.CropSize.Should().Be(160);
    }
}
