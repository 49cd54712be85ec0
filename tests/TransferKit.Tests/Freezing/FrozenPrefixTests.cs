using TorchSharp;

namespace TransferKit.Tests.Freezing;

public class FrozenPrefixTests
{
    [Theory]
    [InlineData("layer4.1", 11)]
    [InlineData("layer4", 10)]
    [InlineData("conv1", 0)]
    public void The_prefix_ends_at_the_first_layer_that_trains(string unfrozen, int length) =>
        Prefix(Backbone.ResNet18(Pretrained.Default).Unfreeze(unfrozen)).Length.Should().Be(length);

    [Fact]
    public void Dropout_before_a_trained_head_stays_part_of_the_training()
    {
        using var network = Architectures.Create("mobilenet_v2", Head.Linear(2));
        new FreezePlan { AllTrain = false }.Apply(network, pretrained: true, newHead: true);
        var prefix = FrozenPrefix.Of(network, BatchNormMode.AlwaysFrozen);
        prefix.EnterTraining();
        network.Steps[prefix.Length].Should().BeOfType<Dropout>().Which.Training.Should().BeTrue();
        network.Steps[prefix.Length - 1].Training.Should().BeFalse();
    }

    [Fact]
    public void Frozen_batch_norms_keep_their_statistics_by_default()
    {
        using var network = Allocated(Backbone.ResNet18(Pretrained.Default).Unfreeze("layer4.1.conv1"));
        Statistics(network, BatchNormMode.AlwaysFrozen).Should().BeEmpty();
    }

    [Fact]
    public void Frozen_batch_norms_follow_training_if_asked_to()
    {
        using var network = Allocated(Backbone.ResNet18(Pretrained.Default).Unfreeze("layer4.1.conv1"));
        Statistics(network, BatchNormMode.FollowTraining).Should().HaveCount(20);
    }

    [Fact]
    public void Training_batch_norms_track_statistics_in_both_modes()
    {
        using var network = Allocated(Backbone.ResNet18(Pretrained.Default).Unfreeze("layer4.1.bn2"));
        Statistics(network, BatchNormMode.AlwaysFrozen).Should().Equal("layer4.1.bn2.running_mean");
    }

    [Fact]
    public void Gradients_reach_only_what_trains()
    {
        using var network = Allocated(Backbone.ResNet18(Pretrained.Default).ReplaceHead(2).Unfreeze("layer4.1"));
        var prefix = FrozenPrefix.Of(network, BatchNormMode.AlwaysFrozen);
        prefix.EnterTraining();
        using var scope = torch.NewDisposeScope();
        TensorOperations.Forward(prefix.Trained, prefix.Features(torch.randn(2, 3, 32, 32))).sum().backward();
        foreach (var (name, weight) in network.NamedWeights().Where(found => !found.Weight.IsBuffer))
            (weight.Value.grad is not null).Should().Be(weight.IsTrainable, name);
    }

    /// <summary>The running means that a training pass changes.</summary>
    private static List<string> Statistics(Network network, BatchNormMode mode)
    {
        using var scope = torch.NewDisposeScope();
        var means = network.NamedWeights().Where(found => found.Name.EndsWith("running_mean")).ToList();
        var before = means.ConvertAll(found => found.Weight.Value.clone());
        var prefix = FrozenPrefix.Of(network, mode);
        prefix.EnterTraining();
        TensorOperations.Forward(prefix.Trained, prefix.Features(torch.randn(2, 3, 32, 32)));
        return [.. means.Where((found, i) => !before[i].equal(found.Weight.Value).all().item<bool>()).Select(found => found.Name)];
    }

    private static FrozenPrefix Prefix(TransferPlan plan)
    {
        using var network = plan.Describe();
        plan.Freezing.Apply(network, pretrained: true, newHead: plan.Head is not null);
        return FrozenPrefix.Of(network, BatchNormMode.AlwaysFrozen);
    }

    private static Network Allocated(TransferPlan plan)
    {
        var network = plan.Describe();
        network.Allocate(torch.CPU);
        network.Initialize(_ => true);
        plan.Freezing.Apply(network, pretrained: true, newHead: plan.Head is not null);
        return network;
    }
}
