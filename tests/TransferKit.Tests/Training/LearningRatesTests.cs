namespace TransferKit.Tests.Training;

public class LearningRatesTests
{
    private const double Rate = 0.1;

    [Fact]
    public void A_slice_grows_by_one_factor_from_the_first_stage_to_the_head() => RatesOf(LearningRates.Slice(1e-5, 1e-3))
        .Should().BeEquivalentTo(
            new[] { 1e-5, Math.Pow(10, -4.6), Math.Pow(10, -4.2), Math.Pow(10, -3.8), Math.Pow(10, -3.4), 1e-3 },
            options => options.WithStrictOrdering()
                .Using<double>(rate => rate.Subject.Should().BeApproximately(rate.Expectation, 1e-12)).WhenTypeIs<double>());

    [Fact]
    public void Layer_decay_counts_from_the_head() => RatesOf(LearningRates.LayerDecay(0.5))
        .Should().Equal(Rate / 32, Rate / 16, Rate / 8, Rate / 4, Rate / 2, Rate);

    [Fact]
    public void The_head_may_learn_faster() => RatesOf(LearningRates.HeadMultiplier(10))
        .Should().Equal(Rate, Rate, Rate, Rate, Rate, 1);

    [Fact]
    public void By_default_all_learn_alike() => RatesOf(LearningRates.Uniform).Should().AllBeEquivalentTo(Rate);

    [Theory]
    [InlineData("resnet18")]
    [InlineData("vgg11_bn")]
    [InlineData("vit_b_16")]
    [InlineData("swin_t")]
    [InlineData("convnext_tiny")]
    [InlineData("efficientnet_b0")]
    [InlineData("googlenet")]
    public void Rates_never_fall_towards_the_head(string model)
    {
        using var network = Backbone.Create(model).ReplaceHead(2).Describe();
        var rates = LearningRates.Slice(1e-4, 1).Of(network, Rate);
        var inOrder = network.NamedWeights().Select(found => rates[found.Name]).ToList();
        inOrder.Should().BeInAscendingOrder();
        inOrder[0].Should().BeApproximately(1e-4, 1e-12);
        inOrder[^1].Should().Be(1);
    }

    [Fact]
    public void Groups_divide_what_trains_by_rate_and_decay()
    {
        using var model = Backbone.ResNet18().ReplaceHead(2).FreezeAll().Unfreeze("layer4").Build();
        var groups = ParameterGroup.Of(model.Network, Optimizer.AdamW(Rate, weightDecay: 0.3), LearningRates.HeadMultiplier(10));
        groups.Select(group => (group.BaseRate, group.WeightDecay)).Should().Equal((Rate, 0.3), (Rate, 0), (1, 0.3), (1, 0));
        groups[0].Weights.Should().OnlyContain(found =>
            found.Name.Contains("conv") || found.Name.EndsWith("downsample.0.weight"));
        groups[2].Weights.Select(found => found.Name).Should().Equal("fc.weight");
        groups[3].Weights.Select(found => found.Name).Should().Equal("fc.bias");
        groups.SelectMany(group => group.Weights).Sum(found => found.Value.numel()).Should().Be(model.CountParameters().Training);

        var everything = Optimizer.AdamW(Rate, weightDecay: 0.3) with { DecayEverything = true };
        ParameterGroup.Of(model.Network, everything, LearningRates.Uniform)
            .Should().ContainSingle().Which.WeightDecay.Should().Be(0.3);
    }

    [Fact]
    public void Tokens_and_embeddings_of_positions_do_not_decay()
    {
        using var network = Backbone.Create("vit_b_16").ReplaceHead(2).Describe();
        network.Allocate(TorchSharp.torch.META);
        foreach (var (_, weight) in network.NamedWeights())
            weight.SetTrains(true);
        var groups = ParameterGroup.Of(network, Optimizer.AdamW(), LearningRates.Uniform);
        groups.Single(group => group.WeightDecay == 0).Weights.Select(found => found.Name)
            .Should().Contain(["class_token", "encoder.pos_embedding", "encoder.ln.weight", "conv_proj.bias"])
            .And.NotContain("conv_proj.weight");
    }

    [Fact]
    public void Rates_know_their_mistakes()
    {
        LearningRates.Slice(0, -1).ValidationErrors().Should().Equal(
            "The low rate is 0, but must be a number above 0.", "The high rate is -1, but must be a number above 0.");
        LearningRates.LayerDecay(0).ValidationErrors().Should().Equal("The layer decay is 0, but must lie in (0, 1].");
        LearningRates.Uniform.ValidationErrors().Should().BeEmpty();
    }

    /// <summary>Of ResNet-18: conv1 with bn1, the four layers, fc.</summary>
    private static List<double> RatesOf(LearningRates rates)
    {
        using var network = Backbone.ResNet18().ReplaceHead(2).Describe();
        var all = rates.Of(network, Rate);
        all["bn1.weight"].Should().Be(all["conv1.weight"]);
        return [all["conv1.weight"], all["layer1.0.bn1.bias"], all["layer2.0.conv1.weight"], all["layer3.1.conv2.weight"],
            all["layer4.0.conv1.weight"], all["fc.bias"]];
    }
}
