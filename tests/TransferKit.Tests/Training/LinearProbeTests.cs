using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class LinearProbeTests
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 24, classes: 3);
    private static readonly TrainingOptions Quick = new() { BatchSize = 8 };

    [Theory]
    [InlineData("resnet18")]
    [InlineData("mobilenet_v3_small")]
    public void A_head_on_frozen_features_is_computed_and_measured_honestly(string name)
    {
        var (train, validation) = Data.Split(0.7);
        using var run = Backbone.Create(name, Pretrained.None).ReplaceHead(Head.Dropout(3)).Train(train, validation, Quick with { Strategy = TrainingStrategy.LinearProbe() });
        run.History.Should().ContainSingle().Which.ValidationAccuracy.Should().BeGreaterThan(0.8);
        run.Model.CountParameters().Training.Should().BeLessThan(run.Model.CountParameters().Total / 100, "the backbone is frozen");
        var measured = run.Model.Evaluate(validation);
        measured.Accuracy.Should().Be(run.Best!.ValidationAccuracy);
        measured.Loss.Should().BeApproximately(run.Best.ValidationLoss, 1e-3);
        run.Model.Evaluate(train).Loss.Should().BeApproximately(run.Best.TrainLoss, 1e-3);
    }

    [Fact]
    public void The_backbone_is_left_as_it_was()
    {
        using var model = NarrowResNet.Plan.ReplaceHead(3).Build();
        var before = model.Network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value.clone());
        model.Train(Data, Quick with { Strategy = TrainingStrategy.LinearProbe() }).Dispose();
        foreach (var (name, weight) in model.Network.NamedWeights())
            weight.Value.equal(before[name]).all().item<bool>().Should().Be(!LayerPattern.IsWithin(name, "fc"), name);
    }

    [Fact]
    public void Features_of_any_size_are_standardized_unless_rounding_alone_changes_them()
    {
        using var scope = torch.NewDisposeScope();
        var features = torch.tensor(new double[,]
        {
            { 1e-9, 5, 0, 100_000, 1 },
            { 3e-9, 5, 0, 100_000.0078125, 3 },
        });
        var (mean, deviation) = LinearSolver.Moments(features);
        mean.data<double>().ToArray().Should().Equal([2e-9, 5, 0, 100_000.00390625, 2], (a, b) => Math.Abs(a - b) <= 1e-12 * b);
        deviation.data<double>().ToArray().Should().Equal([1e-9, 1, 1, 1, 1], (a, b) => Math.Abs(a - b) <= 1e-12 * b);
    }

    [Theory]
    [InlineData(LearningTask.Classification)]
    [InlineData(LearningTask.MultiLabel)]
    public void The_solution_is_the_minimum(LearningTask task)
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(1, torch.CPU);
        var features = torch.randn([60, 5], generator: generator) + 7;
        features[.., 1] *= 30;
        features[.., 2] *= 0.01;
        features[.., 3] = 2;
        var labels = torch.randint(0, 3, [60], dtype: torch.int64, generator: generator);
        var targets = torch.nn.functional.one_hot(labels, 3);
        using var layer = new Linear(5, 3);
        foreach (var weight in layer.Weights)
            weight.Allocate(torch.CPU);
        LinearSolver.Fit(features, targets, TaskDefinition.Of(task), l2: 0.5, layer);

        // At the minimum over the standardized features, nothing pulls.
        var deviation = features.@double().std([0], unbiased: false);
        deviation[3] = 1;
        var mean = features.@double().mean([0]);
        var weights = layer.Matrix.Value.@double().t() * deviation.unsqueeze(1);
        var bias = layer.Bias!.Value.@double() + mean.matmul(layer.Matrix.Value.@double().t());
        var point = torch.cat([weights, bias.unsqueeze(0)]).detach();
        var (_, gradient) = LinearSolver.Penalized(
            point, (features.@double() - mean) / deviation, targets.@double(), TaskDefinition.Of(task), 0.5);
        gradient.abs().max().item<double>().Should().BeLessThan(1e-4);
        layer.Matrix.Value[.., 3].abs().max().item<float>().Should().BeLessThan(1e-5f, "a feature that never changes says nothing");
    }

    [Fact]
    public void The_gradient_is_that_of_the_value()
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(2, torch.CPU);
        var features = torch.randn([20, 4], torch.float64, generator: generator);
        var targets = torch.nn.functional.one_hot(torch.arange(20) % 3, 3).@double();
        var point = torch.randn([5, 3], torch.float64, generator: generator);
        foreach (var task in new[] { LearningTask.Classification, LearningTask.MultiLabel })
        {
            var (_, gradient) = LinearSolver.Penalized(point, features, targets, TaskDefinition.Of(task), 0.7);
            for (var row = 0; row < 5; row++)
            {
                var (up, down) = (point.clone(), point.clone());
                up[row, 1] += 1e-6;
                down[row, 1] -= 1e-6;
                var slope = (LinearSolver.Penalized(up, features, targets, TaskDefinition.Of(task), 0.7).Value
                    - LinearSolver.Penalized(down, features, targets, TaskDefinition.Of(task), 0.7).Value) / 2e-6;
                gradient[row, 1].item<double>().Should().BeApproximately(slope, 1e-7);
            }
        }
    }

    [Fact]
    public void A_regression_is_solved_in_closed_form()
    {
        using var images = torch.randn(40, 3, 32, 32);
        var sides = images.mean([1, 2, 3]).data<float>().ToArray();
        var numbers = Targets.Regression([.. sides.Select(side => new[] { 100 * side + 5 })]);
        var data = new InMemoryDataset(images, numbers, ["brightness"]);
        var options = Quick with { Strategy = TrainingStrategy.LinearProbe(l2: 1e-3) };
        using var run = NarrowResNet.Plan.ReplaceHead(1).Train(data, data, options);
        run.Model.Evaluation!.R2.Should().BeGreaterThan(0.99);
        run.Model.Evaluate(data).R2.Should().BeGreaterThan(0.99, "the layer itself has the solution");
    }

    [Theory]
    [InlineData("squeezenet1_1", false)]
    [InlineData("resnet18", true)]
    public void Heads_that_are_not_linear_are_refused_with_the_cure(string name, bool mlp)
    {
        var plan = Backbone.Create(name, Pretrained.None).ReplaceHead(mlp ? Head.Mlp(3) : Head.Linear(3));
        plan.Invoking(probed => probed.Train(Data, Quick with { Strategy = TrainingStrategy.LinearProbe() })).Should().Throw<InvalidOperationException>()
            .WithMessage("A linear probe needs a network that ends in a linear head*");
    }

    [Fact]
    public void Cancelling_leaves_the_head_as_it_was()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        using var model = NarrowResNet.Plan.ReplaceHead(3).Build();
        var head = model.Network.OutputLayers[0].Weights.Select(weight => weight.Value.bytes.ToArray()).ToList();
        using var run = model.Train(
            Data, Quick with { Strategy = TrainingStrategy.LinearProbe() }, cancellationToken: cancellation.Token);
        (run.StopReason, run.History.Count, run.Best).Should().Be((StopReason.Cancelled, 0, null));
        model.Network.OutputLayers[0].Weights.Select(weight => weight.Value.bytes.ToArray()).Should()
            .Equal(head, (after, before) => after.AsSpan().SequenceEqual(before));
    }
}
