namespace TransferKit.Tests;

public class TransferPlanTests
{
    [Fact]
    public void Verbs_return_new_plans_and_leave_the_old_one()
    {
        var plan = Backbone.ResNet18(Pretrained.Default);
        var unfrozen = plan.Unfreeze("layer4");
        unfrozen.Should().NotBe(plan);
        Trains(plan).Should().BeEmpty();
        plan.Unfreeze("layer4").Should().Be(unfrozen);
    }

    [Fact]
    public void With_weights_everything_starts_frozen_but_a_new_head() =>
        Trains(Backbone.ResNet18(Pretrained.Default).ReplaceHead(2)).Should().Equal("fc.weight", "fc.bias");

    [Fact]
    public void Without_weights_everything_trains() =>
        Trains(Backbone.ResNet18()).Should().HaveCount(62);

    [Fact]
    public void Unfreeze_takes_whole_segments_and_wildcards()
    {
        var plan = Backbone.ResNet18(Pretrained.Default);
        Trains(plan.Unfreeze("layer4")).Should().OnlyContain(name => name.StartsWith("layer4.")).And.HaveCount(15);
        Trains(plan.Unfreeze("*.0.conv1")).Should().Equal(
            "layer1.0.conv1.weight", "layer2.0.conv1.weight", "layer3.0.conv1.weight", "layer4.0.conv1.weight");
    }

    [Fact]
    public void The_later_verb_wins() =>
        Trains(Backbone.ResNet18(Pretrained.Default).Unfreeze("layer4").Freeze("layer4.0", "layer4.1.bn1", "layer4.1.bn2"))
            .Should().Equal("layer4.1.conv1.weight", "layer4.1.conv2.weight");

    [Fact]
    public void A_new_head_trains_even_after_FreezeAll() =>
        Trains(Backbone.SqueezeNet1_1().ReplaceHead(3).FreezeAll()).Should().Equal("classifier.1.weight", "classifier.1.bias");

    [Fact]
    public void UnfreezeLast_counts_stages_from_the_end()
    {
        Trains(Backbone.ResNet18(Pretrained.Default).UnfreezeLast(2)).Should()
            .OnlyContain(name => name.StartsWith("layer3.") || name.StartsWith("layer4."));
        Trains(Backbone.MobileNetV2(Pretrained.Default).UnfreezeLast(1)).Should()
            .OnlyContain(name => name.StartsWith("features.18."));
        Trains(Backbone.ViT_B16(Pretrained.Default).UnfreezeLast(1)).Should().Contain("encoder.ln.weight", "a norm joins its stage")
            .And.OnlyContain(name => name.StartsWith("encoder.layers.encoder_layer_11.") || name.StartsWith("encoder.ln."));
    }

    [Fact]
    public void A_layer_without_parameters_is_accepted() =>
        Trains(Backbone.ResNet50(Pretrained.Default).Unfreeze("avgpool")).Should().BeEmpty();

    [Fact]
    public void An_unknown_layer_throws_at_once_with_the_nearest_names_and_the_stages()
    {
        var unfreeze = () => Backbone.ResNet50().Unfreeze("layer5");
        unfreeze.Should().Throw<ArgumentException>().WithMessage(
            "There is no layer 'layer5'. Did you mean layer1, layer2, layer3? "
            + "The stages are conv1, layer1, layer2, layer3, layer4; the head is fc.*");
    }

    [Fact]
    public void Too_many_stages_are_refused_with_the_list()
    {
        var unfreeze = () => Backbone.ResNet18().UnfreezeLast(7);
        unfreeze.Should().Throw<ArgumentOutOfRangeException>().WithMessage("The network has 5 stages: conv1, layer1*");
    }

    [Fact]
    public void An_unknown_model_is_refused_with_near_names()
    {
        var create = () => Backbone.Create("resnet51");
        create.Should().Throw<ArgumentException>().WithMessage("There is no model named 'resnet51'. Did you mean resnet50, resnet51q, resnet101? "
            + "Backbone.All lists torchvision's models, and Backbone.Search finds timm's.*");
    }

    [Fact]
    public void A_plan_prints_as_one_line() =>
        Backbone.ResNet50(Pretrained.Named("IMAGENET1K_V2")).ReplaceHead(2).Unfreeze("layer4", "fc").ToString().Should().Be(
            "resnet50, weights: IMAGENET1K_V2, head: linear, 2 classes, layers as the weights suggest, unfreeze layer4, unfreeze fc, "
            + "batch norm: AlwaysFrozen, device: auto, precision: Auto");

    private static List<string> Trains(TransferPlan plan)
    {
        using var network = plan.Describe();
        plan.Freezing.Apply(network, plan.Weights != Pretrained.None, plan.Head is not null);
        return [.. network.NamedWeights().Where(found => found.Weight.IsTrainable).Select(found => found.Name)];
    }
}
