using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class LinearProbeGridTests
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 24, classes: 3);
    private static readonly TrainingOptions Quick = new() { BatchSize = 8, Epochs = 6 };

    [Fact]
    public void Heads_step_as_PyTorchs_SGD_does()
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(3, torch.CPU);
        var features = torch.randn([10, 5], generator: generator);
        var targets = torch.nn.functional.one_hot(torch.arange(10) % 3, 3).to_type(torch.ScalarType.Float32);
        using var layer = new Linear(5, 3);
        foreach (var weight in layer.Weights)
            weight.Allocate(torch.CPU);
        foreach (var task in new[] { LearningTask.Classification, LearningTask.MultiLabel })
        {
            var heads = new LinearHeads("some", first: 1, count: 3, outputs: 3, rates: [0.1, 0.7], torch.CPU);
            heads.TryPut(1, layer).Should().BeTrue();
            var matrix = torch.nn.Parameter(layer.Matrix.Value.narrow(1, 1, 3).clone());
            var bias = torch.nn.Parameter(layer.Bias!.Value.clone());
            var optimizer = torch.optim.SGD([matrix, bias], 0.7, momentum: 0.9);
            foreach (var factor in new[] { 1, 0.75, 0.25 })
            {
                optimizer.ParamGroups.Single().LearningRate = 0.7 * factor;
                optimizer.zero_grad();
                var outputs = torch.nn.functional.linear(features.narrow(1, 1, 3), matrix, bias);
                var loss = task == LearningTask.Classification
                    ? torch.nn.functional.cross_entropy(outputs, targets)
                    : torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets) * 3;
                loss.backward();
                optimizer.step();
                using (torch.no_grad())
                    heads.Step(features, targets, TaskDefinition.Of(task), factor);
            }

            heads.TryPut(1, layer);
            (layer.Matrix.Value.narrow(1, 1, 3) - matrix).abs().max().item<float>().Should().BeLessThan(1e-5f);
            (layer.Bias.Value - bias).abs().max().item<float>().Should().BeLessThan(1e-5f);
            foreach (var unseen in new[] { 0, 4 })
                layer.Matrix.Value[.., unseen].abs().max().item<float>().Should().Be(0, "the head doesn't see it");
        }
    }

    [Fact]
    public void The_best_of_the_papers_heads_is_taken_and_told()
    {
        var (train, validation) = Data.Split(0.7);
        using var run = Backbone.Create("test_vit").WithImageSize(32).ReplaceHead(Head.ClassAndPatches(3, blocks: 4))
            .Train(train, validation, Quick with { Strategy = TrainingStrategy.LinearProbeGrid() });

        var epoch = run.History.Should().ContainSingle().Subject;
        LinearProbeGridStrategy.PaperRates.Should().Contain(epoch.LearningRate);
        epoch.ValidationAccuracy.Should().BeGreaterThan(0.8);
        run.Model.Evaluate(validation).Accuracy.Should().Be(epoch.ValidationAccuracy);
        var told = run.Phases.Should().ContainSingle().Which.Settings["Best head"];
        told.Should().StartWith(FormattableString.Invariant($"rate {epoch.LearningRate}, on the class token"));
        // Three tokens in front, the last block's and the patches: what the best head doesn't see counts for nothing.
        var matrix = run.Model.Network.OutputLayers[0].Weights[0].Value;
        var width = matrix.shape[1] / 5;
        (matrix.narrow(1, 0, 3 * width).abs().max().item<float>() > 0).Should().Be(told.Contains("of 4 blocks"));
        (matrix.narrow(1, 4 * width, width).abs().max().item<float>() > 0).Should().Be(told.EndsWith("patches' average"));
    }

    [Fact]
    public void It_is_the_same_for_the_same_seed_and_takes_any_linear_head()
    {
        var options = Quick with { Strategy = TrainingStrategy.LinearProbeGrid(0.01, 0.1), Seed = 5 };
        var losses = Enumerable.Range(0, 2).Select(_ =>
        {
            using var run = Backbone.Create("test_resnet").ReplaceHead(3).Train(Data, options);
            run.Phases[0].Settings["Best head"].Should().EndWith("on the features");
            return run.Best!.ValidationLoss;
        }).ToList();
        losses[0].Should().Be(losses[1]);
    }

    [Fact]
    public void Rates_at_which_all_heads_diverge_and_regressions_are_refused_and_the_head_stays()
    {
        using var model = Backbone.Create("test_resnet").ReplaceHead(3).Build();
        var before = model.Network.OutputLayers[0].Weights[0].Value.clone();
        model.Invoking(probed => probed.Train(Data, Quick with { Strategy = TrainingStrategy.LinearProbeGrid(1e38) }))
            .Should().Throw<InvalidOperationException>().WithMessage("None of the 1 linear heads ended with weights that are *");
        model.Network.OutputLayers[0].Weights[0].Value.equal(before).all().item<bool>().Should().BeTrue();

        using var images = torch.randn(8, 3, 32, 32);
        var numbers = Targets.Regression([.. Enumerable.Range(0, 8).Select(i => new[] { (float)i })]);
        var data = new InMemoryDataset(images, numbers, ["number"]);
        Backbone.Create("test_resnet").ReplaceHead(1)
            .Invoking(plan => plan.Train(data, Quick with { Strategy = TrainingStrategy.LinearProbeGrid() }))
            .Should().Throw<ArgumentException>().WithMessage("LinearProbeGrid is for classes*take LinearProbe.*");
    }
}
