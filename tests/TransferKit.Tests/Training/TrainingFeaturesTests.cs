using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class TrainingFeaturesTests
{
    private static readonly TrainingOptions Quick =
        new() { Epochs = 2, BatchSize = 8, Optimizer = Optimizer.Sgd(0.002), Augment = false };

    [Fact]
    public void The_schedule_sets_the_rate_of_each_epoch()
    {
        using var run = Backbone.SqueezeNet1_1().ReplaceHead(2).Train(SyntheticImages.Create(perClass: 8),
            Quick with { Epochs = 3, Schedule = Schedule.Step(every: 1, gamma: 0.1) });
        run.History.Select(epoch => epoch.LearningRate).Should().Equal([0.002, 0.0002, 0.00002], (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Early_stopping_ends_a_run_that_no_longer_improves()
    {
        using var run = Backbone.SqueezeNet1_1().ReplaceHead(2).FreezeAll().Train(SyntheticImages.Create(perClass: 8), Quick with
        {
            Epochs = 20,
            Monitor = Score.Of("always the same", higherIsBetter: true, _ => 1),
            EarlyStopping = new EarlyStopping(Patience: 2),
        });
        run.StopReason.Should().Be(StopReason.EarlyStopping);
        run.History.Should().HaveCount(3, "the first improves, and the second in a row that doesn't ends it");
        run.Best!.Epoch.Should().Be(1);
    }

    [Fact]
    public void The_best_epoch_is_the_one_with_the_best_watched_score()
    {
        using var run = NarrowResNet.Plan.ReplaceHead(2)
            .Train(SyntheticImages.Create(perClass: 12), Quick with { Epochs = 4, Monitor = Score.Loss });
        run.Best!.ValidationLoss.Should().Be(run.History.Min(epoch => epoch.ValidationLoss));
        run.Model.Evaluation!.Loss.Should().Be(run.Best.ValidationLoss);
    }

    [Theory]
    [InlineData("ema")]
    [InlineData("swa")]
    public void Averaged_weights_are_measured_and_kept(string kind)
    {
        var average = kind == "ema" ? WeightAverage.Ema(0.9) : WeightAverage.Swa(fromEpoch: 1);
        var data = SyntheticImages.Create(perClass: 12);
        var options = Quick with { Epochs = 3, RestoreBest = false };
        var plan = NarrowResNet.Plan.ReplaceHead(2).WithPrecision(Precision.Float32);
        using var plain = plan.Train(data, data, options);
        using var averaged = plan.Train(data, data, options with { Average = average });
        averaged.History[0].TrainLoss.Should().Be(plain.History[0].TrainLoss, "training itself is not touched");
        averaged.History[^1].TrainLoss.Should().Be(plain.History[^1].TrainLoss);
        averaged.History[^1].ValidationLoss.Should().NotBe(plain.History[^1].ValidationLoss);
        averaged.Model.Evaluate(data).Loss.Should().BeApproximately(averaged.History[^1].ValidationLoss, 1e-3);
    }

    [Fact]
    public void Mixed_pictures_train_with_soft_targets()
    {
        using var run = NarrowResNet.Plan.ReplaceHead(2).Train(
            SyntheticImages.Create(perClass: 48), Quick with { Epochs = 4, Mix = Mix.OneOf(Mix.MixUp(), Mix.CutMix()) });
        run.Best!.ValidationAccuracy.Should().BeGreaterThan(0.8);
        run.History[^1].TrainLoss.Should().BeGreaterThan(0.3, "soft targets are never met exactly")
            .And.BeGreaterThan(run.History[^1].ValidationLoss);
    }

    [Fact]
    public void Several_labels_are_learnt()
    {
        var data = SyntheticImages.Create(perClass: 16);
        var labels = data.Labels.Select(label => (IReadOnlyCollection<int>)(label == 0 ? [0, 2] : [1, 2])).ToList();
        using var images = AllImages(data);
        var several = new InMemoryDataset(images, Targets.MultiLabel(labels, 3), ["red", "green", "any"]);
        using var run = Backbone.ResNet18().ReplaceHead(3).Train(several, several, Quick with { Epochs = 5 });
        run.Best!.ValidationAccuracy.Should().BeGreaterThan(0.9);
        run.Model.Evaluation!.Task.Should().Be(LearningTask.MultiLabel);
    }

    [Fact]
    public void Numbers_are_learnt()
    {
        var data = SyntheticImages.Create(perClass: 16);
        using var images = AllImages(data);
        var numbers = new InMemoryDataset(images, Targets.Regression([.. data.Labels.Select(label => new float[] { label * 2 - 1 })]), ["side"]);
        using var run = NarrowResNet.Plan.ReplaceHead(1).WithPrecision(Precision.Float32).Train(numbers, numbers, Quick with { Epochs = 6 });
        run.Model.Evaluation!.R2.Should().BeGreaterThan(0.5);
        run.Best!.ValidationLoss.Should().Be(run.History.Min(epoch => epoch.ValidationLoss), "a regression is judged by its loss");
    }

    [Fact]
    public void Averaged_weights_of_a_backbone_that_follows_training_have_statistics()
    {
        using var run = NarrowResNet.Plan.ReplaceHead(2).FreezeAll().WithBatchNorm(BatchNormMode.FollowTraining)
            .Train(SyntheticImages.Create(perClass: 12), Quick with { Epochs = 2, Average = WeightAverage.Swa(fromEpoch: 1) });
        run.Model.Network.NamedWeights().Where(found => found.Name.EndsWith("running_var", StringComparison.Ordinal))
            .Should().OnlyContain(found => found.Weight.Value.max().item<float>() > 0);
    }

    [Fact]
    public void The_loss_of_a_set_is_weighted_by_class_whatever_the_batches()
    {
        using var scope = torch.NewDisposeScope();
        using var loss = Loss.CrossEntropy(classWeights: ClassWeights.Of(1, 3, 0)).Prepare(Targets.Classes([0, 1, 2], 3), torch.CPU);
        var (outputs, targets) = (torch.randn(9, 3), torch.tensor(new long[] { 0, 0, 0, 1, 1, 1, 2, 2, 2 }));
        using var metrics = new RunningMetrics(LearningTask.Classification, samples: 9, batchSize: 3);
        for (var start = 0; start < 9; start += 3)
        {
            var (some, labels) = (outputs.narrow(0, start, 3), targets.narrow(0, start, 3));
            metrics.Add(some, labels, loss.Sum(some, labels), loss.WeightOf(labels));
        }
        metrics.Loss.Should().BeApproximately(loss.Mean(outputs, targets).item<float>(), 1e-5);
    }

    [Fact]
    public void A_model_whose_training_failed_can_be_used_and_trained()
    {
        using var model = Backbone.MobileNetV3Small().ReplaceHead(2).UnfreezeAll().Build();
        var data = SyntheticImages.Create(perClass: 12);
        var train = () => model.Train(data, data, Quick with { AccumulateBatches = 3 }, new Thrower());
        train.Should().Throw<NotFiniteNumberException>();
        model.Network.Steps.SelectMany(step => step.Walk()).Should().OnlyContain(found => !found.Layer.Training);
        model.Network.NamedWeights().Count(found => found.Weight.Value.grad is not null).Should().Be(0);
    }

    [Fact]
    public void Accuracy_of_several_labels_is_that_of_the_evaluation()
    {
        var data = SyntheticImages.Create(perClass: 12);
        using var images = AllImages(data);
        var labels = Targets.MultiLabel([.. data.Labels.Select(label => Enumerable.Range(0, label + 1).ToArray())], 2);
        var several = new InMemoryDataset(images, labels, ["picture", "green"]);
        using var run = Backbone.SqueezeNet1_1().ReplaceHead(2).Train(several, several, Quick with { Epochs = 1 });
        run.History[0].ValidationAccuracy.Should().BeApproximately(run.Model.Evaluation!.Accuracy, 1e-6);
    }

    private sealed class Thrower : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => throw new NotFiniteNumberException("failed");
    }

    [Fact]
    public void The_rate_finder_leaves_the_model_as_it_was()
    {
        var data = SyntheticImages.Create(perClass: 8);
        using var model = NarrowResNet.Plan.ReplaceHead(2).Build();
        var before = model.Network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value.clone());
        var found = model.FindLearningRate(data, Quick, steps: 20);
        found.Rates.Should().HaveCountGreaterThan(5);
        foreach (var (name, weight) in model.Network.NamedWeights())
            weight.Value.equal(before[name]).all().item<bool>().Should().BeTrue(name);
    }

    [Fact]
    public void Views_of_a_sample_are_averaged()
    {
        var tinted = SyntheticImages.Create(perClass: 6);
        using var images = AllImages(tinted);
        var data = new InMemoryDataset(images, tinted.Targets, ["0", "1"]);
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(2).WithPrecision(Precision.Float32).Build();
        using var flipped = images.flip(3);
        using var plain = model.Forward(images).softmax(1);
        using var mirrored = model.Forward(flipped).softmax(1);
        var mean = (plain + mirrored) / 2;
        var samples = model.Evaluate(data, new EvaluationOptions { TestTimeAugmentation = TestTimeAugmentation.Flip }).Samples!;
        for (var sample = 0; sample < samples.Count; sample++)
            samples.Probability(sample, 1).Should().BeApproximately(mean[sample, 1].item<float>(), 1e-5);
    }

    [Fact]
    public void Classes_that_validation_asks_for_and_training_lacks_are_named()
    {
        var data = SyntheticImages.Create(perClass: 4, classes: 3);
        var train = data.Subset([.. Enumerable.Range(0, data.Count).Where(i => data.Labels[i] != 2)]);
        var run = () => Backbone.SqueezeNet1_1().ReplaceHead(3).Train(train, data, Quick);
        run.Should().Throw<ArgumentException>()
            .WithMessage("Validation samples are of classes that no training sample is of: class 2. Move some of them *");
    }

    [Fact]
    public void A_batch_of_one_is_found_before_a_batch_norm_meets_it()
    {
        var data = SyntheticImages.Create(perClass: 5, size: 32).Subset([.. Enumerable.Range(0, 9)]);
        var plan = NarrowResNet.Plan.ReplaceHead(Head.ConcatPool(2, hidden: 8));
        var run = () => plan.Train(data, data, Quick with { Epochs = 1 });
        run.Should().Throw<ArgumentException>()
            .WithMessage("The last of 9 training samples makes a batch of its own, which the batch norm * can't normalize: set DropLast*");
        plan.Train(data, data, Quick with { Epochs = 1, DropLast = true }).Dispose();
    }

    [Fact]
    public void A_loss_that_does_not_fit_the_samples_is_refused()
    {
        var run = () => Backbone.SqueezeNet1_1().ReplaceHead(2).Train(SyntheticImages.Create(perClass: 4), Quick with { Loss = Loss.Huber() });
        run.Should().Throw<ArgumentException>().WithMessage("The loss 'Huber loss, delta 1' is for Regression*");
    }

    [Fact]
    public void Memory_that_runs_out_is_explained()
    {
        var error = new InvalidOperationException("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes");
        TrainingChecks.Explain(error, Quick, imageSize: 224).Should().BeOfType<TrainingMemoryException>().Which.Message.Should()
            .Contain("Set RecomputeActivations, which gives the same numbers in less. Lower BatchSize from 8 to 4 and raise AccumulateBatches from 1 to 2");
        TrainingChecks.Explain(new InvalidOperationException("else"), Quick, 224).Should().BeOfType<InvalidOperationException>();
    }

    private static torch.Tensor AllImages(InMemoryDataset data)
    {
        var read = new ReadOptions
        {
            Preprocessing = Preprocessing.ImageNet, Order = [.. Enumerable.Range(0, data.Count)], BatchSize = data.Count,
        };
        using var batch = data.Read(read).Single();
        return batch.Images.clone();
    }

    [Fact]
    public void A_regression_begins_at_the_mean_of_its_targets()
    {
        var targets = Targets.Regression([.. Enumerable.Range(0, 12).Select(i => new[] { 1000f + i, -50f })]);
        var data = new InMemoryDataset(torch.randn(12, 3, 32, 32), targets, ["price", "offset"]);
        using var run = NarrowResNet.Plan.ReplaceHead(2)
            .Train(data, data, new TrainingOptions { Epochs = 1, BatchSize = 6, Optimizer = Optimizer.Sgd(1e-9) });
        run.Model.Evaluation!.RootMeanSquaredError.Should().BeLessThan(20, "the targets are 1000 away from zero");
    }
}
