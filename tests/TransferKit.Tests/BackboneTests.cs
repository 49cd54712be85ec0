using System.Reflection;

namespace TransferKit.Tests;

public class BackboneTests
{
    [Fact]
    public void Every_model_of_torchvision_is_there_with_its_weights_and_parameters()
    {
        Backbone.All.Select(info => info.Name).Should().Equal(KnownWeights.All.Select(weights => weights.Model).Distinct().Order(
            StringComparer.Ordinal)).And.HaveCount(80);
        foreach (var info in Backbone.All.Where(info => info.Name is not ("googlenet" or "inception_v3")))
            info.Weights.Should().Contain(weights => weights.Parameters == info.Parameters, info.Name);
        Backbone.All.Should().OnlyContain(info => info.Default!.IsDefault);
    }

    [Fact]
    public void Every_model_has_a_factory_of_its_own()
    {
        var factories = typeof(Backbone).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(method => method.ReturnType == typeof(TransferPlan) && method.Name
                is not (nameof(Backbone.Create) or nameof(Backbone.Custom) or nameof(Backbone.FromHub)));
        var models = factories.ToDictionary(
            factory => ((TransferPlan)factory.Invoke(null, [null])!).Model, factory => Bare(factory.Name));
        models.Keys.Should().BeEquivalentTo(Backbone.All.Select(info => info.Name).Append("resnet20"));
        models.Keys.Select(Bare).Should().Equal(models.Values);

        static string Bare(string name) => name.Replace("_", "").ToLowerInvariant();
    }

    [Fact]
    public void A_model_is_found_by_its_name_in_any_case()
    {
        Backbone.Create("ResNet18", Pretrained.Default).Should().Be(Backbone.ResNet18(Pretrained.Default));
        Backbone.Create("VGG11_BN").Model.Should().Be("vgg11_bn");
        FluentActions.Invoking(() => Backbone.Create("ViT_B16")).Should().Throw<ArgumentException>().WithMessage("*Did you mean vit_b_16*");
    }

    [Fact]
    public void A_summary_has_every_layer_and_torchvisions_totals()
    {
        using var model = Backbone.ResNet18().FreezeAll().Unfreeze("fc").Build();
        var summary = model.Summary();
        summary.Should().MatchRegex(@"layer4\.1\.conv2 +Conv +\[512, 7, 7\] +2,359,296 +no +115,605,504");
        summary.Should().MatchRegex(@"fc +Linear +\[1000\] +513,000 +yes +512,000");
        summary.Should().EndWith(
            "resnet18 at 224 px: 11,689,512 parameters, 513,000 of them train, 1.81 G multiply-adds an image.");
        model.Summary(imageSize: 64).Should().Contain("[512, 2, 2]");
    }
}
